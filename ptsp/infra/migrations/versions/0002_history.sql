-- Histories of other systems, imported. An archive is a tenant that holds nothing else: no pack, no region.

ALTER TABLE app.tenant ADD is_archive boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT an_archive_has_no_region CHECK (NOT is_archive OR region_code = '');

CREATE TABLE app.past_case (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  source text NOT NULL,         -- the log it came from: the name of its file
  case_id text NOT NULL CHECK (char_length(case_id) BETWEEN 1 AND 200),
  opened_at timestamptz,
  deadline_at timestamptz,
  ended_at timestamptz,
  first_event_at timestamptz,
  last_event_at timestamptz,
  events int NOT NULL CHECK (events >= 0),
  digest bytea NOT NULL,        -- of all that is stored of the case, with its events
  attributes jsonb NOT NULL,    -- as in the log
  PRIMARY KEY (tenant_id, source, case_id),
  CHECK ((events = 0) = (first_event_at IS NULL) AND (events = 0) = (last_event_at IS NULL))
);

CREATE TABLE app.past_event (
  tenant_id int NOT NULL,
  source text NOT NULL,
  case_id text NOT NULL,
  position int NOT NULL CHECK (position > 0), -- in the log: many events of a case share one moment
  at timestamptz NOT NULL,
  name text NOT NULL,
  lifecycle text,
  resource text,
  attributes jsonb NOT NULL,    -- the rest, as in the log
  PRIMARY KEY (tenant_id, source, case_id, position),
  FOREIGN KEY (tenant_id, source, case_id) REFERENCES app.past_case (tenant_id, source, case_id)
);
