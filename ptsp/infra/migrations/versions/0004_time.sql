-- Time: calendars by version, clocks, promises. A bundle's dates follow from its shape, its events and one version of
-- the calendars; the dates stored here are what that gave the last time, so that they can be searched by.

DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM app.bundle) THEN
    RAISE EXCEPTION 'this database was filled by a version before the first release; begin with an empty one (make clean)';
  END IF;
END $$;

CREATE TABLE app.calendar (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  version int NOT NULL CHECK (version > 0),
  digest text NOT NULL,
  content text NOT NULL,      -- canonical JSON of the office's calendar and its agencies', whole
  decree text NOT NULL,       -- what made it: a decree, a pack, a list of national days
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  applied_by text NOT NULL,
  PRIMARY KEY (tenant_id, version)
);

CREATE TABLE app.decreed_day (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  id int NOT NULL,
  agency text NOT NULL,       -- empty: the office and all that keep its calendar
  on_day date NOT NULL,
  kind text NOT NULL CHECK (kind IN ('off', 'worked', 'none')), -- none: taken back
  name text NOT NULL,
  decree text NOT NULL CHECK (decree <> ''),
  added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  added_by text NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

ALTER TABLE app.bundle
  ADD shape text NOT NULL,                  -- see ptsp.domain.deadlines.shapes
  ADD calendar int NOT NULL,                -- the version its dates are counted on
  ADD first_promised_on date NOT NULL,
  ADD held_by text[] NOT NULL DEFAULT '{}', -- why the promised date cannot be kept to just now
  ADD FOREIGN KEY (tenant_id, calendar) REFERENCES app.calendar (tenant_id, version);
CREATE INDEX bundle_by_calendar ON app.bundle (tenant_id, calendar) WHERE state = 'open';

ALTER TABLE app.bundle DROP CONSTRAINT bundle_outcome_check,
  ADD CONSTRAINT bundle_outcome_check CHECK (outcome IN ('approved', 'partly_approved', 'refused', 'withdrawn', 'lapsed'));

ALTER TABLE app.application DROP CONSTRAINT application_state_check,
  ADD CONSTRAINT application_state_check CHECK (state IN ('open', 'approved', 'rejected', 'withdrawn', 'lapsed')),
  ADD first_promised_on date NOT NULL,
  ADD clock_started_at timestamptz,         -- complete and correct
  ADD marks text NOT NULL DEFAULT '[]',     -- stops, resumptions and extensions of the legal clock
  ADD due_at timestamptz,                   -- end of the legal limit; null before its start, while it stands, after the end
  ADD deemed_on timestamptz;                -- the law approved it, on this moment
CREATE INDEX application_due ON app.application (tenant_id, due_at) WHERE due_at IS NOT NULL;

ALTER TABLE app.task DROP COLUMN days,
  DROP CONSTRAINT task_state_check,
  ADD CONSTRAINT task_state_check CHECK (state IN
    ('blocked', 'ready', 'running', 'asked', 'stuck', 'approved', 'rejected', 'cut', 'deemed')),
  ADD marks text NOT NULL DEFAULT '[]',
  ADD due_at timestamptz;                   -- end of its own limit; null before it begins, while it stands, after the end
CREATE INDEX task_by_due ON app.task (tenant_id, agency, due_at) WHERE due_at IS NOT NULL;

GRANT UPDATE (promised_on, calendar, held_by, graph, shape) ON app.bundle TO ptsp_app, ptsp_worker;
GRANT UPDATE (promised_on, clock_started_at, marks, due_at, deemed_on) ON app.application TO ptsp_app, ptsp_worker;
GRANT UPDATE (marks, due_at) ON app.task TO ptsp_app, ptsp_worker;

-- Each step of a bundle changes a few columns of these rows and no key: with room in its page the new row needs no
-- entry in any index.
ALTER TABLE app.bundle SET (fillfactor = 50);
ALTER TABLE app.application SET (fillfactor = 60);
