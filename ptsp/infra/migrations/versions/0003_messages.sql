-- Messages to people: owed, sent, failed.

CREATE TABLE app.message (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  id uuid NOT NULL,           -- also in the Message-ID: set once, the same for every try
  key text NOT NULL,          -- names the debt, so that the same warning is owed once
  bundle_id uuid,
  recipient text NOT NULL CHECK (recipient ~ '^(agency:)?[a-z][a-z0-9_]{0,39}$'), -- a role; never an address
  channel text NOT NULL CHECK (channel IN ('email', 'webhook')),
  kind text NOT NULL,
  subject text NOT NULL CHECK (subject <> '' AND subject !~ '[[:cntrl:]]'),
  body text NOT NULL,
  state text NOT NULL CHECK (state IN ('owed', 'sending', 'sent', 'failed', 'dropped')),
  lease_token uuid,
  next_at timestamptz NOT NULL, -- when somebody has to look at it again; while sending, the end of the lease
  attempts int NOT NULL DEFAULT 0,
  last_error text,            -- our words and the server's number, never the server's text: it repeats addresses
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_message_per_key UNIQUE (tenant_id, key),
  FOREIGN KEY (tenant_id, bundle_id) REFERENCES app.bundle (tenant_id, id),
  CHECK ((state = 'sending') = (lease_token IS NOT NULL)),
  CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
  CHECK (recipient <> 'applicant' OR bundle_id IS NOT NULL)
) WITH (fillfactor = 80);
CREATE INDEX message_due ON app.message (tenant_id, next_at) WHERE state IN ('owed', 'sending');
CREATE INDEX message_by_state ON app.message (tenant_id, state, created_at) WHERE state <> 'sent';

GRANT UPDATE (state, lease_token, next_at, attempts, last_error, sent_at) ON app.message TO ptsp_app, ptsp_worker;

-- The sweeper sees of all tenants when something is due, and nothing else.
CREATE POLICY sweeper ON app.message FOR SELECT TO ptsp_sweeper USING (true);
GRANT SELECT (tenant_id, next_at, state) ON app.message TO ptsp_sweeper;
