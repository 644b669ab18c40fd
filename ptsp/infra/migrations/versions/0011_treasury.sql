-- The treasury: deposits of cash, bank statements, what their lines show of ours, and differences that were closed.
-- Nothing here is ever changed; what is open follows from the rows.

-- A day's cash that was brought to the treasury's account.
CREATE TABLE app.deposit (
  tenant_id int NOT NULL,
  id uuid NOT NULL,
  cash_on date NOT NULL,        -- the office's own day on which the cash was taken
  reference text NOT NULL CHECK (reference <> ''), -- the bank's
  amount bigint NOT NULL CHECK (amount > 0),
  deposited_at timestamptz NOT NULL,
  by text NOT NULL,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_deposit_per_reference UNIQUE (tenant_id, reference)
);

CREATE TABLE app.deposited (
  tenant_id int NOT NULL,
  deposit_id uuid NOT NULL,
  payment_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, payment_id),
  FOREIGN KEY (tenant_id, deposit_id) REFERENCES app.deposit (tenant_id, id),
  FOREIGN KEY (tenant_id, payment_id) REFERENCES app.payment (tenant_id, id)
);
CREATE INDEX deposited_in ON app.deposited (tenant_id, deposit_id);
CREATE INDEX payment_in_cash ON app.payment (tenant_id, paid_at) WHERE channel = 'cash';

CREATE INDEX settlement_by_time ON app.settlement (tenant_id, settled_at);
CREATE INDEX reversal_by_time ON app.reversal (tenant_id, at);

CREATE TABLE app.statement (
  tenant_id int NOT NULL,
  id uuid NOT NULL,
  sha256 text NOT NULL,
  name text NOT NULL,           -- of the file
  format text NOT NULL CHECK (format IN ('csv', 'camt053')),
  account text NOT NULL,        -- empty where the file does not say
  opening bigint,
  closing bigint,
  first_on date NOT NULL,       -- the days it speaks of: what it does not show of them is not in the bank
  last_on date NOT NULL,
  imported_at timestamptz NOT NULL,
  by text NOT NULL,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_statement_per_file UNIQUE (tenant_id, sha256),
  CHECK (first_on <= last_on),
  CHECK ((opening IS NULL) = (closing IS NULL))
);
CREATE INDEX statement_by_time ON app.statement (tenant_id, imported_at, id);

CREATE TABLE app.statement_line (
  tenant_id int NOT NULL,
  id uuid NOT NULL,
  statement_id uuid NOT NULL,   -- the first that showed it
  position int NOT NULL CHECK (position > 0),
  entry text NOT NULL CHECK (entry <> ''),        -- the bank's own reference of the line
  occurrence int NOT NULL CHECK (occurrence > 0), -- 2 where a file has the very same line a second time
  refs text[] NOT NULL,         -- every reference it carries, the payer's before the bank's
  booked_on date NOT NULL,
  amount bigint NOT NULL CHECK (amount <> 0),     -- money that went out is negative
  customer_no text NOT NULL,
  description text NOT NULL,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_line_per_entry UNIQUE (tenant_id, entry, booked_on, amount, customer_no, occurrence),
  FOREIGN KEY (tenant_id, statement_id) REFERENCES app.statement (tenant_id, id)
);
CREATE INDEX line_of_statement ON app.statement_line (tenant_id, statement_id);

-- What of ours a line shows. Several lines may show one payment.
CREATE TABLE app.statement_match (
  tenant_id int NOT NULL,
  line_id uuid NOT NULL,
  payment_id uuid,
  deposit_id uuid,
  refund_id uuid,               -- of a payout
  at timestamptz NOT NULL,
  by text NOT NULL,
  PRIMARY KEY (tenant_id, line_id),
  CHECK (num_nonnulls(payment_id, deposit_id, refund_id) = 1),
  FOREIGN KEY (tenant_id, line_id) REFERENCES app.statement_line (tenant_id, id),
  FOREIGN KEY (tenant_id, payment_id) REFERENCES app.payment (tenant_id, id),
  FOREIGN KEY (tenant_id, deposit_id) REFERENCES app.deposit (tenant_id, id),
  FOREIGN KEY (tenant_id, refund_id) REFERENCES app.payout (tenant_id, refund_id)
);
CREATE INDEX match_of_payment ON app.statement_match (tenant_id, payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX match_of_deposit ON app.statement_match (tenant_id, deposit_id) WHERE deposit_id IS NOT NULL;
CREATE INDEX match_of_payout ON app.statement_match (tenant_id, refund_id) WHERE refund_id IS NOT NULL;

-- A person has looked at a difference and said why it stands. Its id follows from what it is about and how much it
-- is, so that the same difference stays closed and another one of the same payment does not.
CREATE TABLE app.difference_closing (
  tenant_id int NOT NULL,
  id uuid NOT NULL,
  gap text NOT NULL CHECK (gap IN ('unknown', 'missing', 'amount')),
  kind text NOT NULL CHECK (kind IN ('line', 'payment', 'deposit', 'payout')),
  subject uuid NOT NULL,
  ours bigint NOT NULL,
  bank bigint NOT NULL,
  reason text NOT NULL CHECK (reason <> ''),
  by text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

-- A deposit is its cash, to the rupiah, and nothing but cash.
CREATE FUNCTION app.check_deposit() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE ident uuid; said bigint; cash bigint; other bigint;
BEGIN
  ident := CASE TG_TABLE_NAME WHEN 'deposit' THEN to_jsonb(NEW) ->> 'id' ELSE to_jsonb(NEW) ->> 'deposit_id' END;
  SELECT d.amount INTO said FROM app.deposit d WHERE d.tenant_id = NEW.tenant_id AND d.id = ident;
  SELECT coalesce(sum(p.amount), 0), count(*) FILTER (WHERE p.channel <> 'cash') INTO cash, other
    FROM app.deposited i JOIN app.payment p ON p.tenant_id = i.tenant_id AND p.id = i.payment_id
   WHERE i.tenant_id = NEW.tenant_id AND i.deposit_id = ident;
  IF said IS DISTINCT FROM cash OR other > 0 THEN
    RAISE EXCEPTION 'deposit % of % rupiah holds % and % payments that were not cash', ident, said, cash, other
      USING ERRCODE = 'check_violation', CONSTRAINT = 'deposited_to_the_rupiah';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER deposited_to_the_rupiah AFTER INSERT ON app.deposit
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.check_deposit();
CREATE CONSTRAINT TRIGGER deposited_to_the_rupiah AFTER INSERT ON app.deposited
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.check_deposit();
