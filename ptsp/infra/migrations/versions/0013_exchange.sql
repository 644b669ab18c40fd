-- A question whose outcome nobody knows, who answers one by hand, and why the last try failed.

ALTER TABLE app.task
  DROP CONSTRAINT task_state_check,
  ADD CONSTRAINT task_state_check CHECK (state IN
    ('blocked', 'ready', 'running', 'asked', 'unknown', 'stuck', 'approved', 'rejected', 'cut', 'deemed')),
  ADD tried_at timestamptz,     -- when somebody first took it in hand
  ADD cause text,               -- why the last try failed, as a code; null once an answer came
  ADD desk text,                -- the desk that answers by hand what an agency was to be asked
  ADD CONSTRAINT only_questions_are_answered_by_hand CHECK (desk IS NULL OR kind = 'ask');

DROP INDEX app.task_due, app.task_at_agency, app.task_queue;
CREATE INDEX task_due ON app.task (tenant_id, next_at) WHERE state IN ('ready', 'running', 'asked', 'unknown');
CREATE INDEX task_at_agency ON app.task (tenant_id, agency, next_at) WHERE state IN ('asked', 'unknown', 'stuck');
CREATE INDEX task_queue ON app.task (tenant_id, COALESCE(desk, agency), COALESCE(due_at, 'infinity'), id)
  WHERE state = 'asked' AND (kind = 'desk' OR desk IS NOT NULL);

GRANT UPDATE (tried_at, cause, desk) ON app.task TO ptsp_app, ptsp_worker;
