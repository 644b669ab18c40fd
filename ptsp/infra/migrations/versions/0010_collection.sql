-- Collection: warning letters, admissions of a debt, and when somebody looks at an unpaid notice next.

CREATE TABLE app.fee_warning (
  tenant_id int NOT NULL,
  notice_id uuid NOT NULL,
  number text NOT NULL,
  code text NOT NULL,           -- random; what its QR code carries
  signer text NOT NULL,         -- the agency that signs it
  issued_on date NOT NULL,
  pay_by date NOT NULL CHECK (pay_by >= issued_on),
  PRIMARY KEY (tenant_id, notice_id),
  CONSTRAINT one_warning_per_number UNIQUE (tenant_id, number),
  CONSTRAINT one_warning_per_code UNIQUE (tenant_id, code),
  FOREIGN KEY (tenant_id, notice_id) REFERENCES app.fee_notice (tenant_id, id)
);

CREATE TABLE app.debt_admission (
  tenant_id int NOT NULL,
  notice_id uuid NOT NULL,
  admitted_on date NOT NULL,
  note text NOT NULL CHECK (note <> ''),
  by text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, notice_id, admitted_on),
  FOREIGN KEY (tenant_id, notice_id) REFERENCES app.fee_notice (tenant_id, id)
);

-- Only an index into what may be due: whoever looks works out again under lock what there is to do. What stood here
-- before is looked at once, by the first round.
ALTER TABLE app.fee_notice ADD collect_on date DEFAULT '-infinity';
ALTER TABLE app.fee_notice ALTER collect_on DROP DEFAULT;
CREATE INDEX notice_to_collect ON app.fee_notice (tenant_id, collect_on) WHERE collect_on IS NOT NULL;
GRANT UPDATE (collect_on) ON app.fee_notice TO ptsp_app, ptsp_worker;

-- The same months are demanded once.
CREATE UNIQUE INDEX one_demand_per_month ON app.fee_notice (tenant_id, about, ((inputs::jsonb ->> 'months')))
  WHERE kind = 'demand';
CREATE INDEX notice_about ON app.fee_notice (tenant_id, about) WHERE about IS NOT NULL;
