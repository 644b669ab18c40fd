-- How far the events of each bundle have been published. Who writes events does not look here: what is new is found
-- by the time of the newest ones, through an index that costs an insert next to nothing.

CREATE TABLE app.event_feed (
  tenant_id int PRIMARY KEY REFERENCES app.tenant (id),
  started_at timestamptz NOT NULL,      -- what happened before is not published
  looked_to timestamptz NOT NULL,       -- everything up to here was looked at
  swept_at timestamptz NOT NULL,        -- when it was last looked for what a very long transaction left behind
  lease uuid,                           -- one process publishes for an office at a time
  lease_until timestamptz,
  CHECK ((lease IS NULL) = (lease_until IS NULL))
);

CREATE TABLE app.event_position (
  tenant_id int NOT NULL,
  bundle_id uuid NOT NULL,
  published int NOT NULL,               -- seq of the last event that the broker has
  PRIMARY KEY (tenant_id, bundle_id),
  FOREIGN KEY (tenant_id, bundle_id) REFERENCES app.bundle (tenant_id, id)
);

CREATE INDEX event_recent ON app.event USING brin (tenant_id, at) WITH (pages_per_range = 16, autosummarize = on);

GRANT UPDATE (looked_to, swept_at, lease, lease_until) ON app.event_feed TO ptsp_app, ptsp_worker;
GRANT UPDATE (published) ON app.event_position TO ptsp_app, ptsp_worker;
