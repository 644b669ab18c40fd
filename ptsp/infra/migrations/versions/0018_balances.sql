-- What we asked each agency on a day, what it says it has, where the two differ, and what was signed of it.

CREATE TABLE app.balance (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  agency text NOT NULL,
  day date NOT NULL,                    -- the office's own: of the first time that a question was put
  state text NOT NULL CHECK (state IN ('due', 'balanced', 'gaps', 'no_list')),
  sent int NOT NULL DEFAULT 0,          -- questions of ours
  listed int NOT NULL DEFAULT 0,        -- cases of theirs, for these questions or for none
  matched int NOT NULL DEFAULT 0,
  let_go int NOT NULL DEFAULT 0,        -- they have nothing, and nothing is expected there
  missing_there int NOT NULL DEFAULT 0,
  missing_here int NOT NULL DEFAULT 0,
  unanswered int NOT NULL DEFAULT 0,
  different int NOT NULL DEFAULT 0,
  doubled int NOT NULL DEFAULT 0,
  digest text NOT NULL DEFAULT '',      -- SHA-256 of what both have
  listed_since timestamptz,             -- the window that was listed
  listed_until timestamptz,
  made_at timestamptz,
  next_at timestamptz NOT NULL,         -- when it is made again; while somebody makes it, the end of the lease
  tries int NOT NULL DEFAULT 0,         -- lists in a row that could not be had
  error text,                           -- why the last one could not, in our words
  PRIMARY KEY (tenant_id, agency, day),
  CHECK ((state = 'due') = (made_at IS NULL)),
  CHECK ((state IN ('balanced', 'gaps')) = (listed_until IS NOT NULL)),
  CONSTRAINT every_question_counts_once CHECK (
    listed_until IS NULL OR sent = matched + let_go + missing_there + unanswered + different + doubled),
  CONSTRAINT every_case_counts CHECK (
    listed_until IS NULL OR listed >= matched + missing_here + unanswered + different + doubled)
);
CREATE INDEX balance_due ON app.balance (tenant_id, next_at) WHERE next_at < 'infinity';

-- The id is made of what the gap is about: found again, it is the same.
CREATE TABLE app.balance_gap (
  tenant_id int NOT NULL,
  id uuid NOT NULL,
  agency text NOT NULL,
  day date NOT NULL,
  kind text NOT NULL CHECK (kind IN ('missing_there', 'missing_here', 'unanswered', 'different', 'doubled')),
  task_id uuid,                         -- null: nobody asked for it
  key text NOT NULL,                    -- ours as they have it; empty where they kept none
  number text NOT NULL,                 -- theirs; all of them where there are two
  ours text NOT NULL,                   -- the state of the task
  theirs text NOT NULL,                 -- approved, rejected, open; empty where they have nothing
  act text NOT NULL CHECK (act IN ('send_again', 'look', 'stick', 'wait', 'person')), -- what followed the last time
  tries int NOT NULL,                   -- how often anything did
  found_at timestamptz NOT NULL,
  ended_at timestamptz,
  ended_how text CHECK (ended_how IN ('gone', 'by_hand')),
  reason text NOT NULL DEFAULT '',
  ended_by text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, agency, day) REFERENCES app.balance (tenant_id, agency, day),
  FOREIGN KEY (tenant_id, task_id) REFERENCES app.task (tenant_id, id),
  CHECK ((ended_at IS NULL) = (ended_how IS NULL)),
  CHECK (ended_how IS DISTINCT FROM 'by_hand' OR reason <> '' AND ended_by <> '')
);
CREATE INDEX gap_of_day ON app.balance_gap (tenant_id, agency, day);
CREATE INDEX gap_open ON app.balance_gap (tenant_id, agency, kind) WHERE ended_at IS NULL;

-- One chain an agency: each names the SHA-256 of the one before. A day that changes has one more.
CREATE TABLE app.balance_statement (
  tenant_id int NOT NULL,
  agency text NOT NULL,
  seq int NOT NULL CHECK (seq > 0),
  day date NOT NULL,
  body bytea NOT NULL,                  -- canonical JSON, as it was signed
  signature bytea NOT NULL,             -- CMS, detached
  made_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, agency, seq),
  FOREIGN KEY (tenant_id, agency, day) REFERENCES app.balance (tenant_id, agency, day) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX statement_of_day ON app.balance_statement (tenant_id, agency, day, seq);

GRANT UPDATE (state, sent, listed, matched, let_go, missing_there, missing_here, unanswered, different, doubled, digest,
              listed_since, listed_until, made_at, next_at, tries, error)
  ON app.balance TO ptsp_app, ptsp_worker;
GRANT UPDATE (number, ours, theirs, act, tries, found_at, ended_at, ended_how, reason, ended_by)
  ON app.balance_gap TO ptsp_app, ptsp_worker;
