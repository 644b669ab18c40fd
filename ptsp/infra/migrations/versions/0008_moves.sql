-- Moves of running cases to another version of their standard, and permits that join an open bundle.

CREATE TABLE app.case_move (
  tenant_id int NOT NULL,
  id uuid NOT NULL,
  service text NOT NULL,
  to_standard uuid NOT NULL,
  begun_at timestamptz NOT NULL,
  begun_by text NOT NULL,
  undone_at timestamptz,        -- none of its cases is moved any more
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, to_standard) REFERENCES app.standard (tenant_id, id)
);

CREATE TABLE app.moved_case (
  tenant_id int NOT NULL,
  move_id uuid NOT NULL,
  application_id uuid NOT NULL,
  bundle_id uuid NOT NULL,
  from_standard uuid NOT NULL,
  moved_at timestamptz NOT NULL,
  undone_at timestamptz,
  PRIMARY KEY (tenant_id, move_id, application_id),
  FOREIGN KEY (tenant_id, move_id) REFERENCES app.case_move (tenant_id, id),
  FOREIGN KEY (tenant_id, application_id) REFERENCES app.application (tenant_id, id),
  FOREIGN KEY (tenant_id, bundle_id) REFERENCES app.bundle (tenant_id, id),
  FOREIGN KEY (tenant_id, from_standard) REFERENCES app.standard (tenant_id, id)
);
CREATE INDEX moved_case_of_bundle ON app.moved_case (tenant_id, bundle_id);

ALTER TABLE app.application
  ADD client_key text,          -- Idempotency-Key of an application that joined an open bundle, with the client before it
  ADD fingerprint bytea,        -- of that request's body
  ADD CHECK ((client_key IS NULL) = (fingerprint IS NULL));
CREATE UNIQUE INDEX one_joining_per_client_key ON app.application (tenant_id, client_key) WHERE client_key IS NOT NULL;
CREATE INDEX application_by_standard ON app.application (tenant_id, service, standard_id) WHERE state = 'open';

GRANT UPDATE (undone_at) ON app.case_move, app.moved_case TO ptsp_app, ptsp_worker;
GRANT UPDATE (standard_id) ON app.application TO ptsp_app, ptsp_worker;
GRANT UPDATE (before_merging) ON app.bundle TO ptsp_app, ptsp_worker;
