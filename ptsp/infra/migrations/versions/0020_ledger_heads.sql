-- Heads of the ledger: once a day all chains of an office under one root, signed, time-stamped, given to a second holder.

CREATE TABLE app.ledger_head (
  tenant_id int NOT NULL REFERENCES app.tenant (id),
  day date NOT NULL,          -- the office's own
  statement bytea NOT NULL,   -- canonical JSON: the bytes that were signed
  signature bytea NOT NULL,   -- detached CMS (DER)
  PRIMARY KEY (tenant_id, day)
);

-- Where a chain stood when a head was made and it had grown. The newest of each bundle are what a root is of: rows are
-- only ever added, so that a chain that was cut off, made anew or taken away does not leave the root.
CREATE TABLE app.ledger_leaf (
  tenant_id int NOT NULL,
  bundle_id uuid NOT NULL,
  seq int NOT NULL,
  hash bytea NOT NULL,
  day date NOT NULL,
  PRIMARY KEY (tenant_id, bundle_id, seq)
  -- No foreign key: of a hundred thousand it would cost more than all the rest, and the verifier checks it.
);
CREATE INDEX leaf_by_day ON app.ledger_leaf (tenant_id, day, bundle_id);

CREATE TABLE app.ledger_stamp (
  tenant_id int NOT NULL,
  day date NOT NULL,
  token bytea NOT NULL,       -- RFC 3161, over the signature
  stamped_at timestamptz NOT NULL, -- the authority's word
  PRIMARY KEY (tenant_id, day),
  FOREIGN KEY (tenant_id, day) REFERENCES app.ledger_head (tenant_id, day) DEFERRABLE INITIALLY DEFERRED
);

-- What a second holder has taken. Mail is not listed here: its own row says what became of it.
CREATE TABLE app.ledger_handover (
  tenant_id int NOT NULL,
  day date NOT NULL,
  holder text NOT NULL,       -- the folder, as the settings name it
  stamps int NOT NULL,        -- that were in it: none, or one
  handed_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, day, holder, stamps),
  FOREIGN KEY (tenant_id, day) REFERENCES app.ledger_head (tenant_id, day) DEFERRABLE INITIALLY DEFERRED
);
