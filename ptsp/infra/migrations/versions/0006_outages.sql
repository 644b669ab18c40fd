-- Outages, and approvals by law that one stood in the way of.

CREATE TABLE app.outage (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  id uuid NOT NULL,           -- also the name of the stop that it puts on clocks
  agency text NOT NULL,       -- empty: a central system that all depend on
  note text NOT NULL CHECK (note <> ''),
  began_at timestamptz NOT NULL,
  ended_at timestamptz,
  settled_at timestamptz,     -- every clock that it held runs again
  declared_by text NOT NULL,
  ended_by text,
  PRIMARY KEY (tenant_id, id),
  CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
  CHECK (ended_at >= began_at),
  CHECK (settled_at IS NULL OR ended_at IS NOT NULL)
);
CREATE UNIQUE INDEX one_open_outage_per_agency ON app.outage (tenant_id, agency) WHERE ended_at IS NULL;
CREATE INDEX outage_unsettled ON app.outage (tenant_id, began_at) WHERE settled_at IS NULL;

CREATE TABLE app.deemed_hold (
  tenant_id int NOT NULL,
  id uuid NOT NULL,
  bundle_id uuid NOT NULL,
  position smallint NOT NULL,
  outages uuid[] NOT NULL CHECK (cardinality(outages) > 0), -- in the way
  held_at timestamptz NOT NULL,
  decided_at timestamptz,
  decided_by text,
  is_approved boolean,
  ground text CHECK (ground <> ''),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, bundle_id, position) REFERENCES app.application (tenant_id, bundle_id, position),
  CHECK (num_nonnulls(decided_at, decided_by, is_approved, ground) IN (0, 4))
);
CREATE UNIQUE INDEX one_open_hold_per_application ON app.deemed_hold (tenant_id, bundle_id, position)
  WHERE decided_at IS NULL;
CREATE INDEX hold_by_application ON app.deemed_hold (tenant_id, bundle_id);

GRANT UPDATE (ended_at, ended_by, settled_at) ON app.outage TO ptsp_app, ptsp_worker;
GRANT UPDATE (decided_at, decided_by, is_approved, ground) ON app.deemed_hold TO ptsp_app, ptsp_worker;
