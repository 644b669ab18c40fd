-- The first floor: tenants and packs, bundles, tasks, ledger, fees, decisions. PostgreSQL 15 and later.
-- Every tenant table: key (tenant_id, id), foreign keys with tenant_id on both sides, one policy, forced.

CREATE TABLE app.tenant (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code text NOT NULL CONSTRAINT one_tenant_per_code UNIQUE CHECK (code ~ '^[a-z][a-z0-9_]{1,30}$'),
  prefix text NOT NULL CONSTRAINT one_tenant_per_prefix UNIQUE,
  region_code text NOT NULL
);

CREATE TABLE app.national_day (
  on_day date NOT NULL,
  kind text NOT NULL CHECK (kind IN ('public', 'collective')),
  name text NOT NULL,
  source text NOT NULL,
  PRIMARY KEY (on_day, kind)
);

CREATE TABLE app.pack (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  id uuid NOT NULL,
  digest text NOT NULL,
  content jsonb NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  applied_by text NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX pack_latest ON app.pack (tenant_id, applied_at DESC);

CREATE TABLE app.standard (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  id uuid NOT NULL,
  service text NOT NULL,
  version int NOT NULL CHECK (version > 0),
  digest text NOT NULL,
  content jsonb NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_standard_per_version UNIQUE (tenant_id, service, version)
);

CREATE TABLE app.bundle (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  id uuid NOT NULL,
  reference text NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'ended')),
  outcome text CHECK (outcome IN ('approved', 'partly_approved', 'refused')),
  lodged_at timestamptz NOT NULL,
  promised_on date NOT NULL,
  ended_at timestamptz,
  before_merging smallint NOT NULL,
  graph text NOT NULL,
  applicant bytea NOT NULL,   -- encrypted, see ptsp.infra.vault
  nik_index bytea NOT NULL,   -- keyed hash, so that equal numbers of one tenant are found
  client_key text NOT NULL,   -- Idempotency-Key of the submission, with the client before it
  fingerprint bytea NOT NULL, -- of the submission's body
  last_event int NOT NULL,    -- head of the ledger chain
  head bytea NOT NULL,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_reference_per_tenant UNIQUE (tenant_id, reference),
  CONSTRAINT one_bundle_per_client_key UNIQUE (tenant_id, client_key),
  CHECK ((state = 'ended') = (outcome IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX bundle_by_nik ON app.bundle (tenant_id, nik_index);
CREATE INDEX bundle_by_time ON app.bundle (tenant_id, lodged_at);

CREATE TABLE app.application (
  tenant_id int NOT NULL,
  id uuid NOT NULL,
  bundle_id uuid NOT NULL,
  position smallint NOT NULL,
  service text NOT NULL,
  standard_id uuid NOT NULL,
  answers text NOT NULL,      -- canonical JSON, numbers as text
  shown text[] NOT NULL,      -- requirement codes that a document satisfies
  state text NOT NULL CHECK (state IN ('open', 'approved', 'rejected')),
  promised_on date NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_application_per_place UNIQUE (tenant_id, bundle_id, position),
  FOREIGN KEY (tenant_id, bundle_id) REFERENCES app.bundle (tenant_id, id),
  FOREIGN KEY (tenant_id, standard_id) REFERENCES app.standard (tenant_id, id)
) WITH (fillfactor = 80);

CREATE TABLE app.task (
  tenant_id int NOT NULL,
  id uuid NOT NULL,           -- also the key of the question: random, set once, the same for every try
  bundle_id uuid NOT NULL,
  seq smallint NOT NULL,
  code text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('ask', 'desk', 'charge', 'payment', 'decide')),
  agency text NOT NULL,
  days smallint NOT NULL,
  planned_on date NOT NULL,
  state text NOT NULL CHECK (state IN
    ('blocked', 'ready', 'running', 'asked', 'stuck', 'approved', 'rejected', 'cut')),
  lease_token uuid,
  next_at timestamptz NOT NULL, -- when somebody has to look at it again; while running, the end of the lease
  attempts int NOT NULL DEFAULT 0,
  crashes smallint NOT NULL DEFAULT 0, -- how often a lease ran out: whoever held it died or hung
  agency_ref text,
  reasons text[] NOT NULL DEFAULT '{}',
  started_at timestamptz,
  ended_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_task_per_seq UNIQUE (tenant_id, bundle_id, seq),
  FOREIGN KEY (tenant_id, bundle_id) REFERENCES app.bundle (tenant_id, id),
  CHECK ((state = 'running') = (lease_token IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX task_due ON app.task (tenant_id, next_at) WHERE state IN ('ready', 'running', 'asked');
CREATE INDEX task_at_agency ON app.task (tenant_id, agency, next_at) WHERE state IN ('asked', 'stuck');

CREATE TABLE app.event (
  tenant_id int NOT NULL,
  bundle_id uuid NOT NULL,
  seq int NOT NULL,
  at timestamptz NOT NULL,
  type text NOT NULL,
  body text NOT NULL,         -- the canonical bytes that were hashed
  hash bytea NOT NULL,
  PRIMARY KEY (tenant_id, bundle_id, seq)
  -- No foreign key: its check is half the cost of an event. Nobody may delete a bundle, events come only with the
  -- bundle's row locked, and the verifier of the chain names an event that belongs to no bundle.
);

CREATE TABLE app.inbox (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  source text NOT NULL,
  message_id text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  fingerprint bytea NOT NULL,
  outcome text NOT NULL,
  PRIMARY KEY (tenant_id, source, message_id)
);

CREATE TABLE app.document (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  id uuid NOT NULL,
  bundle_id uuid,
  requirement text NOT NULL,
  name text NOT NULL,
  media_type text NOT NULL,
  size int NOT NULL CHECK (size > 0),
  sha256 text NOT NULL,
  uploaded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, bundle_id) REFERENCES app.bundle (tenant_id, id)
);

CREATE TABLE app.number_series (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  series text NOT NULL,
  year smallint NOT NULL,
  last int NOT NULL CHECK (last > 0),
  PRIMARY KEY (tenant_id, series, year)
);

CREATE TABLE app.fee_notice (
  tenant_id int NOT NULL,
  id uuid NOT NULL,
  bundle_id uuid NOT NULL,
  application_id uuid NOT NULL,
  number text NOT NULL,
  bill text NOT NULL,
  lines text NOT NULL,        -- canonical JSON with receipts
  total bigint NOT NULL CHECK (total >= 0),
  issued_on date NOT NULL,
  due_on date NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'settled', 'cancelled')),
  payment_id uuid,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_notice_per_number UNIQUE (tenant_id, number),
  CONSTRAINT one_notice_per_application UNIQUE (tenant_id, application_id),
  FOREIGN KEY (tenant_id, bundle_id) REFERENCES app.bundle (tenant_id, id),
  FOREIGN KEY (tenant_id, application_id) REFERENCES app.application (tenant_id, id),
  CHECK ((state = 'settled') = (payment_id IS NOT NULL))
);
CREATE INDEX notice_by_bill ON app.fee_notice (tenant_id, bill);

CREATE TABLE app.payment (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  id uuid NOT NULL,
  bill text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  provider text NOT NULL,
  provider_ref text NOT NULL,
  paid_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_payment_per_provider_ref UNIQUE (tenant_id, provider, provider_ref)
);
ALTER TABLE app.fee_notice ADD FOREIGN KEY (tenant_id, payment_id) REFERENCES app.payment (tenant_id, id);

CREATE TABLE app.decision (
  tenant_id int NOT NULL,
  id uuid NOT NULL,
  bundle_id uuid NOT NULL,
  application_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('permit', 'recommendation', 'registration', 'refusal')),
  number text NOT NULL,
  code text NOT NULL,         -- random; what the QR code carries
  state text NOT NULL CHECK (state IN ('drafted', 'issued')),
  drafted_at timestamptz NOT NULL,
  issued_at timestamptz,
  valid_until date,
  reasons text[] NOT NULL,
  sha256 text,                -- of the signed PDF; a registration has none
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_decision_per_number UNIQUE (tenant_id, number),
  CONSTRAINT one_decision_per_code UNIQUE (tenant_id, code),
  CONSTRAINT one_decision_per_application UNIQUE (tenant_id, application_id),
  FOREIGN KEY (tenant_id, bundle_id) REFERENCES app.bundle (tenant_id, id),
  FOREIGN KEY (tenant_id, application_id) REFERENCES app.application (tenant_id, id),
  CHECK ((state = 'issued') = (issued_at IS NOT NULL)),
  CHECK (kind <> 'refusal' OR cardinality(reasons) > 0)
);

CREATE TABLE app.credential (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  id uuid NOT NULL,
  agency text NOT NULL,       -- whose desk it opens
  token_hash bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  revoked_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_credential_per_token UNIQUE (tenant_id, token_hash)
);

DO $$
DECLARE t text;
BEGIN
  FOR t IN SELECT c.table_name FROM information_schema.columns c
           WHERE c.table_schema = 'app' AND c.column_name = 'tenant_id' LOOP
    EXECUTE format('ALTER TABLE app.%I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE app.%I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON app.%I USING '
                   '(tenant_id = NULLIF(current_setting(''app.tenant'', true), '''')::int)', t);
    EXECUTE format('GRANT SELECT, INSERT ON app.%I TO ptsp_app, ptsp_worker', t);
  END LOOP;
END $$;

GRANT USAGE ON SCHEMA app TO ptsp_app, ptsp_worker, ptsp_sweeper;
GRANT SELECT ON app.tenant, app.national_day TO ptsp_app, ptsp_worker, ptsp_sweeper;
REVOKE INSERT ON app.pack, app.standard, app.credential FROM ptsp_app, ptsp_worker; -- the owner applies packs

GRANT UPDATE (state, outcome, ended_at, last_event, head) ON app.bundle TO ptsp_app, ptsp_worker;
GRANT UPDATE (state, ended_at) ON app.application TO ptsp_app, ptsp_worker;
GRANT UPDATE (state, lease_token, next_at, attempts, crashes, agency_ref, reasons, started_at, ended_at)
  ON app.task TO ptsp_app, ptsp_worker;
GRANT UPDATE (bundle_id) ON app.document TO ptsp_app, ptsp_worker;
GRANT UPDATE (last) ON app.number_series TO ptsp_app, ptsp_worker;
GRANT UPDATE (state, payment_id) ON app.fee_notice TO ptsp_app, ptsp_worker;
GRANT UPDATE (state, issued_at, sha256) ON app.decision TO ptsp_app, ptsp_worker;

-- The sweeper sees of all tenants when something is due, and nothing else.
CREATE POLICY sweeper ON app.task FOR SELECT TO ptsp_sweeper USING (true);
GRANT SELECT (tenant_id, next_at, state) ON app.task TO ptsp_sweeper;
