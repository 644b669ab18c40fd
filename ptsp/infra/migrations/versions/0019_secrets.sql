-- What partners gave us to be known by, and how often in a row a task's tries have failed.

CREATE TABLE app.agency_secret (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  agency text NOT NULL,
  version int NOT NULL CHECK (version > 0), -- counts what was done for this agency; the rows stay, as a record
  act text NOT NULL CHECK (act IN ('set', 'removed')),
  sealed bytea,               -- encrypted, see ptsp.infra.vault; null once it is replaced or removed
  set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  set_by text NOT NULL,
  PRIMARY KEY (tenant_id, agency, version),
  CHECK (act = 'set' OR sealed IS NULL)
);
CREATE UNIQUE INDEX one_secret_in_force ON app.agency_secret (tenant_id, agency) WHERE sealed IS NOT NULL;

ALTER TABLE app.task ADD failures int NOT NULL DEFAULT 0; -- tries in a row that failed; 0 once one came through
GRANT UPDATE (failures) ON app.task TO ptsp_app, ptsp_worker;
