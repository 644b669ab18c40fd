-- How much agencies with a budget were asked, counted for all workers, and verdicts that are known already.

CREATE TABLE app.budget_use (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  agency text NOT NULL,
  day date NOT NULL,                    -- the office's own
  used int NOT NULL DEFAULT 0 CHECK (used >= 0),
  hits int NOT NULL DEFAULT 0,          -- answered from kept verdicts, without a question
  second timestamptz,                   -- the last second in which something was asked
  in_second int NOT NULL DEFAULT 0,     -- and how much
  closed_at timestamptz,                -- the agency itself said: no more today
  PRIMARY KEY (tenant_id, agency, day)
);

-- A verdict and its reasons, never the data it is about: that stands only in the key, as a keyed hash.
CREATE TABLE app.kept_verdict (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  agency text NOT NULL,
  purpose text NOT NULL CHECK (purpose <> ''),
  key bytea NOT NULL,                   -- of tenant, agency and purpose: no other finds it
  state text NOT NULL CHECK (state IN ('approved', 'rejected')),
  reasons text[] NOT NULL,
  found_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > found_at),
  PRIMARY KEY (tenant_id, key)
);
CREATE INDEX kept_verdict_expiry ON app.kept_verdict (tenant_id, expires_at);

GRANT UPDATE (used, hits, second, in_second, closed_at) ON app.budget_use TO ptsp_app, ptsp_worker;
GRANT UPDATE (state, reasons, found_at, expires_at) ON app.kept_verdict TO ptsp_worker;
GRANT DELETE ON app.kept_verdict TO ptsp_worker; -- what has expired is not kept any longer
