-- Corrections, withdrawals, lapses, objections.

CREATE TABLE app.correction (
  tenant_id int NOT NULL,
  id uuid NOT NULL,
  bundle_id uuid NOT NULL,
  seq smallint NOT NULL,        -- the task that asks
  round smallint NOT NULL CHECK (round > 0),
  fields text[] NOT NULL,       -- position.field, such as 0.floor_area
  documents text[] NOT NULL,    -- position.requirement, such as 0.ktp
  message text NOT NULL CHECK (message <> ''),
  asked_at timestamptz NOT NULL,
  asked_by text NOT NULL,       -- the desk
  due_on date NOT NULL,
  lapses_at timestamptz,        -- when silence ends the applications; null where it never does
  state text NOT NULL CHECK (state IN ('open', 'answered', 'lapsed', 'withdrawn')),
  answered_at timestamptz,
  stop uuid NOT NULL,           -- what holds the clocks meanwhile
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, bundle_id, seq) REFERENCES app.task (tenant_id, bundle_id, seq),
  CHECK (cardinality(fields) + cardinality(documents) > 0),
  CHECK ((state = 'answered') = (answered_at IS NOT NULL))
);
CREATE UNIQUE INDEX one_open_correction_per_task ON app.correction (tenant_id, bundle_id, seq) WHERE state = 'open';
CREATE INDEX correction_of_bundle ON app.correction (tenant_id, bundle_id, asked_at);
CREATE INDEX correction_silent ON app.correction (tenant_id, lapses_at) WHERE state = 'open' AND lapses_at IS NOT NULL;

CREATE TABLE app.objection (
  tenant_id int NOT NULL,
  id uuid NOT NULL,
  bundle_id uuid NOT NULL,
  application_id uuid NOT NULL,
  decision_id uuid NOT NULL,
  lodged_at timestamptz NOT NULL,
  grounds bytea NOT NULL,       -- encrypted, see ptsp.infra.vault
  due_at timestamptz NOT NULL,  -- end of its own clock
  state text NOT NULL CHECK (state IN ('open', 'upheld', 'rejected')),
  decided_at timestamptz,
  decided_by text,              -- the desk
  reasons text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_objection_per_decision UNIQUE (tenant_id, decision_id),
  FOREIGN KEY (tenant_id, bundle_id) REFERENCES app.bundle (tenant_id, id),
  FOREIGN KEY (tenant_id, application_id) REFERENCES app.application (tenant_id, id),
  FOREIGN KEY (tenant_id, decision_id) REFERENCES app.decision (tenant_id, id),
  CHECK ((state = 'open') = (decided_at IS NULL) AND (state = 'open') = (decided_by IS NULL)),
  CHECK (state = 'open' OR cardinality(reasons) > 0)
);
CREATE INDEX objection_open ON app.objection (tenant_id, due_at) WHERE state = 'open';
CREATE INDEX objection_of_bundle ON app.objection (tenant_id, bundle_id);

ALTER TABLE app.application
  ADD closing_note bytea;       -- why the applicant withdrew it, encrypted

ALTER TABLE app.decision
  ADD appeal_until date,        -- the last day for an objection, as the letter says
  ADD annulled_at timestamptz;  -- an objection to it was upheld

GRANT UPDATE (state, answered_at) ON app.correction TO ptsp_app, ptsp_worker;
GRANT UPDATE (state, decided_at, decided_by, reasons) ON app.objection TO ptsp_app, ptsp_worker;
GRANT UPDATE (answers, shown, closing_note) ON app.application TO ptsp_app, ptsp_worker;
GRANT UPDATE (appeal_until, annulled_at) ON app.decision TO ptsp_app, ptsp_worker;
