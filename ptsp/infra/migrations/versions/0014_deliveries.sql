-- Agencies that do not answer just now, and whom that was told. All workers share what stands here.

CREATE TABLE app.circuit (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  agency text NOT NULL,
  failures int NOT NULL DEFAULT 0,      -- in a row; 0: it answers
  opened_at timestamptz,                -- since when nothing but probes is sent; null: closed
  wait_s double precision NOT NULL DEFAULT 0,
  probe_at timestamptz,                 -- when the next one may be tried
  probe uuid,                           -- the task that is being tried
  outage_id uuid,                       -- the outage that was declared for it
  PRIMARY KEY (tenant_id, agency),
  FOREIGN KEY (tenant_id, outage_id) REFERENCES app.outage (tenant_id, id),
  CHECK ((opened_at IS NULL) = (probe_at IS NULL)),
  CHECK (opened_at IS NULL OR failures > 0)
);

CREATE TABLE app.alert (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  id uuid NOT NULL,                     -- also the key of the message
  agency text NOT NULL,
  cause text NOT NULL,
  opened_at timestamptz NOT NULL,
  count int NOT NULL CHECK (count > 0), -- the most that it concerned at once
  last_at timestamptz NOT NULL,         -- when that was last more than before
  closed_at timestamptz,
  PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX one_open_alert_per_cause ON app.alert (tenant_id, agency, cause) WHERE closed_at IS NULL;

CREATE INDEX task_in_trouble ON app.task (tenant_id, agency, cause) WHERE cause IS NOT NULL;

GRANT UPDATE (failures, opened_at, wait_s, probe_at, probe, outage_id) ON app.circuit TO ptsp_app, ptsp_worker;
GRANT UPDATE (count, last_at, closed_at) ON app.alert TO ptsp_app, ptsp_worker;
