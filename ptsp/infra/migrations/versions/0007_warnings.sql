-- Warnings of deadlines, and whose hands a task is in.

ALTER TABLE app.task
  ADD warn_at timestamptz,      -- when the next warning of its limit rings; null while none does
  ADD officer text,             -- the label of the officer at the desk who has taken it
  ADD CONSTRAINT only_a_limit_is_warned_of CHECK (warn_at IS NULL OR due_at IS NOT NULL);
CREATE INDEX task_warned ON app.task (tenant_id, warn_at) WHERE warn_at IS NOT NULL;
CREATE INDEX task_queue ON app.task (tenant_id, agency, COALESCE(due_at, 'infinity'), id)
  WHERE kind = 'desk' AND state = 'asked';

ALTER TABLE app.application
  ADD warn_at timestamptz,
  ADD CONSTRAINT only_a_limit_is_warned_of CHECK (warn_at IS NULL OR due_at IS NOT NULL);
CREATE INDEX application_warned ON app.application (tenant_id, warn_at) WHERE warn_at IS NOT NULL;

ALTER TABLE app.credential
  ADD officer text CHECK (officer ~ '^[a-z0-9][a-z0-9_.-]{0,39}$'); -- a label of the desk, not a name

GRANT UPDATE (warn_at, officer) ON app.task TO ptsp_app, ptsp_worker;
GRANT UPDATE (warn_at) ON app.application TO ptsp_app, ptsp_worker;
