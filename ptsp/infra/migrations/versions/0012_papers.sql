-- Papers of money that were written and signed: each once, on its first request.
CREATE TABLE app.fee_paper (
  tenant_id int NOT NULL,
  code text NOT NULL,           -- random; what its QR code carries
  kind text NOT NULL CHECK (kind IN ('assessment', 'additional', 'demand', 'receipt', 'refund', 'warning')),
  number text NOT NULL,
  bundle_id uuid,               -- none where money came for a bill that does not exist
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  made_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, code),
  CONSTRAINT one_fee_paper_per_number UNIQUE (tenant_id, number),
  FOREIGN KEY (tenant_id, bundle_id) REFERENCES app.bundle (tenant_id, id)
);
CREATE INDEX fee_paper_of_bundle ON app.fee_paper (tenant_id, bundle_id);
