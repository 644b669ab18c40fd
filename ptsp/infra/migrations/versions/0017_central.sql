-- What national systems are told, and what they send us.

CREATE TABLE app.telling (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  id uuid NOT NULL,           -- the key under which it is told: set once, the same for every try
  agency text NOT NULL,       -- the central system
  kind text NOT NULL,         -- the event, such as `application.ended:approved`, or `complaint`
  line text NOT NULL,         -- what it is about: of one line the older is told before the newer
  seq int NOT NULL,
  bundle_id uuid,
  body bytea NOT NULL,        -- encrypted, see ptsp.infra.vault; never changes
  state text NOT NULL CHECK (state IN ('owed', 'sending', 'sent', 'unknown', 'dead')),
  lease_token uuid,
  next_at timestamptz NOT NULL, -- when somebody has to look at it again; while sending, the end of the lease
  attempts int NOT NULL DEFAULT 0,
  cause text,                 -- why the last try failed, as a code
  last_error text,            -- in our words: no personal data
  raw bytea,                  -- encrypted: an answer that nobody could read
  agency_ref text,            -- its own number of what it was told
  said text,                  -- canonical JSON: what else it answered
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_telling_per_debt UNIQUE (tenant_id, agency, line, seq),
  FOREIGN KEY (tenant_id, bundle_id) REFERENCES app.bundle (tenant_id, id),
  CHECK ((state = 'sending') = (lease_token IS NOT NULL)),
  CHECK ((state = 'sent') = (sent_at IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX telling_due ON app.telling (tenant_id, next_at) WHERE state IN ('owed', 'sending', 'unknown');
CREATE INDEX telling_open ON app.telling (tenant_id, agency, line, seq) WHERE state IN ('owed', 'sending', 'unknown');
CREATE INDEX telling_by_state ON app.telling (tenant_id, state, created_at);

GRANT UPDATE (state, lease_token, next_at, attempts, cause, last_error, raw, agency_ref, said, sent_at)
  ON app.telling TO ptsp_app, ptsp_worker;

-- The sweeper sees of all tenants when something is due, and nothing else.
CREATE POLICY sweeper ON app.telling FOR SELECT TO ptsp_sweeper USING (true);
GRANT SELECT (tenant_id, next_at, state) ON app.telling TO ptsp_sweeper;

-- What a central system has sent: kept as it came, once.
CREATE TABLE app.central_filing (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  id uuid NOT NULL,
  source text NOT NULL,       -- the agency
  kind text NOT NULL,         -- its own name of the call, such as receiveNIB
  number text NOT NULL,       -- what it is about, such as a NIB; empty where it could not be read
  state text NOT NULL CHECK (state IN ('read', 'odd')), -- odd: kept, but not of the form that was agreed
  fingerprint bytea NOT NULL,
  raw bytea NOT NULL,         -- encrypted: the body to the byte
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_filing_per_content UNIQUE (tenant_id, source, kind, number, fingerprint)
);
CREATE INDEX filing_by_time ON app.central_filing (tenant_id, received_at);
