-- People of an office: accounts, what they hold, their sessions, waits after failures, and who answered a task.

CREATE TABLE app.person (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  id uuid NOT NULL,
  login text NOT NULL CHECK (login ~ '^[a-z0-9][a-z0-9_.-]{0,39}$'), -- stands in the ledger, for ever: not a name
  name bytea NOT NULL,        -- encrypted, see ptsp.infra.vault
  nik_index bytea,            -- keyed hash, as that of app.bundle; null where no NIK was recorded
  password text NOT NULL,     -- Argon2id, encoded with its parameters
  start_until timestamptz,    -- a start password: it has to be changed, and opens nothing after this
  totp bytea,                 -- encrypted; in force once it has a `totp_since`
  totp_since timestamptz,
  totp_step bigint NOT NULL DEFAULT 0, -- of the last code that was taken: none is taken twice
  added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  added_by text NOT NULL,
  left_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_person_per_login UNIQUE (tenant_id, login),
  CHECK (totp IS NOT NULL OR totp_since IS NULL)
);

-- What a person may do, where, and for how long. A row is never taken away.
CREATE TABLE app.holding (
  tenant_id int NOT NULL,
  id uuid NOT NULL,
  person_id uuid NOT NULL,
  role text NOT NULL CHECK (role IN ('officer', 'technical_team', 'signer', 'auditor', 'administrator')),
  agency text,                -- whose desk; null: the whole office
  service text,               -- null: all services
  since timestamptz NOT NULL,
  until timestamptz,
  granted_by text NOT NULL,
  revoked_at timestamptz,
  revoked_by text,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, person_id) REFERENCES app.person (tenant_id, id),
  CONSTRAINT a_desk_or_the_whole_office CHECK (
    CASE role WHEN 'administrator' THEN agency IS NULL AND service IS NULL
              WHEN 'auditor' THEN true ELSE agency IS NOT NULL END),
  CHECK (until > since),
  CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE UNIQUE INDEX one_holding_of_a_kind
  ON app.holding (tenant_id, person_id, role, agency, service) NULLS NOT DISTINCT WHERE revoked_at IS NULL;
CREATE INDEX holding_by_desk ON app.holding (tenant_id, agency) WHERE revoked_at IS NULL;

CREATE TABLE app.session (
  tenant_id int NOT NULL,
  id uuid NOT NULL,
  person_id uuid NOT NULL,
  token_hash bytea NOT NULL,
  agency text,                -- at whose desk; null for whoever has none
  awaits_code boolean NOT NULL, -- the password was right; it opens nothing before the code
  tries smallint NOT NULL DEFAULT 0, -- codes that were wrong
  places int[] NOT NULL,      -- rows of app.sign_in_wait that are cleared once the code was right
  started_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  ended_at timestamptz,
  ended_how text CHECK (ended_how IN ('signed_out', 'replaced', 'ended', 'password', 'left', 'code')),
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_session_per_token UNIQUE (tenant_id, token_hash),
  FOREIGN KEY (tenant_id, person_id) REFERENCES app.person (tenant_id, id),
  CHECK ((ended_at IS NULL) = (ended_how IS NULL))
);
CREATE INDEX session_of_person ON app.session (tenant_id, person_id, started_at);

-- For the day the telephone is lost; each opens once.
CREATE TABLE app.recovery_code (
  tenant_id int NOT NULL,
  person_id uuid NOT NULL,
  hash bytea NOT NULL,
  used_at timestamptz,        -- or put out of use, when new ones were made
  PRIMARY KEY (tenant_id, person_id, hash),
  FOREIGN KEY (tenant_id, person_id) REFERENCES app.person (tenant_id, id)
);

-- How often signing in failed. The place is some bits of a keyed hash, so that nobody can fill the table, or tell from
-- it who tried from where; see ptsp.domain.people.
CREATE TABLE app.sign_in_wait (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  place int NOT NULL,
  failures int NOT NULL,
  last_at timestamptz NOT NULL,
  until timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, place)
);

ALTER TABLE app.task ADD answered_by text; -- the officer whose verdict ended it at a desk

GRANT UPDATE (password, start_until, totp, totp_since, totp_step, left_at) ON app.person TO ptsp_app;
GRANT UPDATE (revoked_at, revoked_by) ON app.holding TO ptsp_app;
GRANT UPDATE (tries, seen_at, ended_at, ended_how) ON app.session TO ptsp_app;
GRANT UPDATE (used_at) ON app.recovery_code TO ptsp_app;
GRANT UPDATE (failures, last_at, until) ON app.sign_in_wait TO ptsp_app;
GRANT UPDATE (answered_by) ON app.task TO ptsp_app, ptsp_worker;
