-- Money: bills, notices of every kind, payments and what they were booked for, refunds, and the gate.
-- What has happened to money is always a new row; only whether a notice still stands is a column that changes.

-- The owner is bound by the wall, too; for what stood here before, it is opened and shut again below.
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['standard', 'pack', 'application', 'task', 'fee_notice', 'payment'] LOOP
    EXECUTE format('ALTER TABLE app.%I NO FORCE ROW LEVEL SECURITY', t);
  END LOOP;
END $$;

ALTER TABLE app.standard
  ADD gate text GENERATED ALWAYS AS (content ->> 'gate') STORED,
  ADD CONSTRAINT one_service_per_standard UNIQUE (tenant_id, id, service);
UPDATE app.standard
   SET content = jsonb_set(content #- '{fee,due_days}', '{fee,collection}',
                           jsonb_build_object('due_days', content #> '{fee,due_days}'))
 WHERE content #> '{fee,due_days}' IS NOT NULL;
UPDATE app.pack
   SET content = jsonb_set(content, '{services}', (
         SELECT jsonb_object_agg(key, jsonb_set(value #- '{fee,due_days}', '{fee,collection}',
                                                jsonb_build_object('due_days', value #> '{fee,due_days}')))
           FROM jsonb_each(content -> 'services')))
 WHERE EXISTS (SELECT FROM jsonb_each(content -> 'services') WHERE value #> '{fee,due_days}' IS NOT NULL);

-- Is there anything to pay, by the answers? Another service's standard, which may be free, can never be pinned.
ALTER TABLE app.application
  ADD charged boolean NOT NULL DEFAULT false,
  DROP CONSTRAINT application_tenant_id_standard_id_fkey,
  ADD CONSTRAINT standard_of_the_service FOREIGN KEY (tenant_id, standard_id, service)
    REFERENCES app.standard (tenant_id, id, service);
UPDATE app.application a SET charged = true
  FROM app.standard s
 WHERE s.tenant_id = a.tenant_id AND s.id = a.standard_id AND s.gate <> 'none'
   AND EXISTS (SELECT FROM app.task t WHERE t.tenant_id = a.tenant_id AND t.bundle_id = a.bundle_id AND t.kind = 'payment');
ALTER TABLE app.application ALTER charged DROP DEFAULT;

CREATE TABLE app.bill (
  tenant_id int NOT NULL,
  id uuid NOT NULL,
  bundle_id uuid NOT NULL,
  number text NOT NULL,         -- the bundle's reference behind one door, a notice's number under one roof
  customer_no text NOT NULL CHECK (customer_no ~ '^[0-9]{10,20}$'), -- what the payer types at the bank, after its prefix
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_bill_per_number UNIQUE (tenant_id, number),
  CONSTRAINT one_bill_per_customer_no UNIQUE (tenant_id, customer_no),
  FOREIGN KEY (tenant_id, bundle_id) REFERENCES app.bundle (tenant_id, id)
);
CREATE INDEX bill_of_bundle ON app.bill (tenant_id, bundle_id);
INSERT INTO app.bill (tenant_id, id, bundle_id, number, customer_no)
SELECT tenant_id, gen_random_uuid(), min(bundle_id::text)::uuid, bill,
       '00' || lpad((row_number() OVER (PARTITION BY tenant_id ORDER BY bill))::text, 8, '0')
  FROM app.fee_notice GROUP BY tenant_id, bill;

-- state says whether the claim still stands; that it is settled follows from the rows of app.settlement.
ALTER TABLE app.fee_notice
  DROP CONSTRAINT fee_notice_state_check,
  DROP CONSTRAINT fee_notice_check,
  DROP CONSTRAINT one_notice_per_application,
  ADD kind text NOT NULL DEFAULT 'assessment' CHECK (kind IN ('assessment', 'additional', 'demand')),
  ADD about uuid,               -- the notice that this one replaces, adds to, or demands interest on
  ADD standard_id uuid,         -- the version of the rule
  ADD inputs text NOT NULL DEFAULT '{}', -- canonical JSON: with the rule, enough to work it out again
  ADD reason text NOT NULL DEFAULT '',   -- why it was made, where it is not the first of its application
  ADD signer text NOT NULL DEFAULT 'treasurer', -- the agency that signs it
  ADD code text,                -- random; what its QR code carries
  ADD closed_on date,
  ADD closed_for text,
  ADD CONSTRAINT one_notice_per_code UNIQUE (tenant_id, code),
  ADD FOREIGN KEY (tenant_id, bill) REFERENCES app.bill (tenant_id, number),
  ADD FOREIGN KEY (tenant_id, about) REFERENCES app.fee_notice (tenant_id, id);

ALTER TABLE app.payment
  ADD channel text NOT NULL DEFAULT 'va' CHECK (channel IN ('va', 'qris', 'cash')),
  ADD receipt text,             -- number of its proof of payment (SSRD)
  ADD code text,                -- random; what the QR code of the SSRD carries
  ADD taken_by text NOT NULL DEFAULT '', -- who took it, where it was cash
  ADD CONSTRAINT one_payment_per_receipt UNIQUE (tenant_id, receipt),
  ADD CONSTRAINT one_payment_per_code UNIQUE (tenant_id, code);
CREATE INDEX payment_by_time ON app.payment (tenant_id, paid_at);
CREATE INDEX payment_of_bill ON app.payment (tenant_id, bill);

CREATE TABLE app.settlement (
  tenant_id int NOT NULL,
  notice_id uuid NOT NULL,
  application_id uuid NOT NULL,
  total bigint NOT NULL CHECK (total >= 0),
  settled_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, notice_id),
  FOREIGN KEY (tenant_id, notice_id) REFERENCES app.fee_notice (tenant_id, id),
  FOREIGN KEY (tenant_id, application_id) REFERENCES app.application (tenant_id, id)
);
CREATE INDEX settlement_of_application ON app.settlement (tenant_id, application_id);

-- What part of a payment pays which line of which notice, on which account of which agency.
CREATE TABLE app.allocation (
  tenant_id int NOT NULL,
  payment_id uuid NOT NULL,
  notice_id uuid NOT NULL,
  line text NOT NULL,
  account text NOT NULL,
  agency text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  PRIMARY KEY (tenant_id, notice_id, payment_id, line),
  FOREIGN KEY (tenant_id, payment_id) REFERENCES app.payment (tenant_id, id),
  FOREIGN KEY (tenant_id, notice_id) REFERENCES app.settlement (tenant_id, notice_id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX allocation_of_payment ON app.allocation (tenant_id, payment_id);

-- A settlement that counts no more: its money is free again, for another notice or to be given back.
CREATE TABLE app.reversal (
  tenant_id int NOT NULL,
  notice_id uuid NOT NULL,
  reason text NOT NULL CHECK (reason <> ''),
  by text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, notice_id),
  FOREIGN KEY (tenant_id, notice_id) REFERENCES app.settlement (tenant_id, notice_id)
);

-- Money that is owed back.
CREATE TABLE app.refund (
  tenant_id int NOT NULL,
  id uuid NOT NULL,
  payment_id uuid NOT NULL,
  number text NOT NULL,         -- of the overpayment notice (SKRDLB)
  amount bigint NOT NULL CHECK (amount > 0),
  reason text NOT NULL CHECK (reason IN ('double', 'excess', 'short', 'closed', 'unknown_bill', 'withdrawn', 'refused', 'corrected')),
  owed_at timestamptz NOT NULL,
  owed_by text NOT NULL,
  code text NOT NULL,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT one_refund_per_number UNIQUE (tenant_id, number),
  CONSTRAINT one_refund_per_code UNIQUE (tenant_id, code),
  FOREIGN KEY (tenant_id, payment_id) REFERENCES app.payment (tenant_id, id)
);
CREATE INDEX refund_of_payment ON app.refund (tenant_id, payment_id);

CREATE TABLE app.payout (
  tenant_id int NOT NULL,
  refund_id uuid NOT NULL,
  reference text NOT NULL CHECK (reference <> ''), -- of the transfer (SP2D)
  paid_at timestamptz NOT NULL,
  by text NOT NULL,
  PRIMARY KEY (tenant_id, refund_id),
  CONSTRAINT one_payout_per_reference UNIQUE (tenant_id, reference),
  FOREIGN KEY (tenant_id, refund_id) REFERENCES app.refund (tenant_id, id)
);

-- A permit or refusal in the applicant's hands, for the first time.
ALTER TABLE app.decision ADD CONSTRAINT application_of_decision UNIQUE (tenant_id, id, application_id);
CREATE TABLE app.handover (
  tenant_id int NOT NULL,
  decision_id uuid NOT NULL,
  application_id uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, decision_id),
  CONSTRAINT handed_over_as_decided FOREIGN KEY (tenant_id, decision_id, application_id)
    REFERENCES app.decision (tenant_id, id, application_id)
);

-- What was settled before settlements were rows.
INSERT INTO app.settlement (tenant_id, notice_id, application_id, total, settled_at)
SELECT n.tenant_id, n.id, n.application_id, n.total, p.paid_at
  FROM app.fee_notice n JOIN app.payment p ON p.tenant_id = n.tenant_id AND p.id = n.payment_id;
INSERT INTO app.allocation (tenant_id, payment_id, notice_id, line, account, agency, amount)
SELECT n.tenant_id, n.payment_id, n.id, l ->> 'code', l ->> 'account', 'treasurer', (l ->> 'amount')::bigint
  FROM app.fee_notice n, jsonb_array_elements(n.lines::jsonb) AS l
 WHERE n.payment_id IS NOT NULL AND (l ->> 'amount')::bigint > 0;
UPDATE app.fee_notice n SET standard_id = a.standard_id, inputs = a.answers
  FROM app.application a WHERE a.tenant_id = n.tenant_id AND a.id = n.application_id;
UPDATE app.fee_notice SET state = 'valid' WHERE state <> 'cancelled';
ALTER TABLE app.fee_notice
  DROP COLUMN payment_id,
  ALTER standard_id SET NOT NULL,
  ADD FOREIGN KEY (tenant_id, standard_id) REFERENCES app.standard (tenant_id, id),
  ADD CONSTRAINT fee_notice_state CHECK (state IN ('valid', 'cancelled', 'lapsed')),
  ADD CONSTRAINT closed_with_a_reason CHECK (state = 'valid' OR closed_on IS NULL OR closed_for <> '');
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['standard', 'pack', 'application', 'task', 'fee_notice', 'payment'] LOOP
    EXECUTE format('ALTER TABLE app.%I FORCE ROW LEVEL SECURITY', t);
  END LOOP;
END $$;
CREATE UNIQUE INDEX one_valid_assessment ON app.fee_notice (tenant_id, application_id)
  WHERE kind = 'assessment' AND state = 'valid';
CREATE INDEX notice_of_bundle ON app.fee_notice (tenant_id, bundle_id);
CREATE INDEX notice_of_application ON app.fee_notice (tenant_id, application_id);

-- Sums that no single row can promise. Each check takes a lock on what it adds up, so that two transactions that
-- would each be right alone cannot both pass; a deferred check sees what the other has committed.

-- A fixed snapshot would not see them, so whoever writes money reads what is committed.
CREATE FUNCTION app.see_what_is_committed() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'money is written at the isolation level read committed'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'read_committed';
  END IF;
END $$;

CREATE FUNCTION app.check_settlement() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE claimed bigint; settled bigint; state text; booked bigint;
BEGIN
  PERFORM app.see_what_is_committed();
  PERFORM pg_advisory_xact_lock(hashtextextended('notice:' || NEW.notice_id, NEW.tenant_id));
  SELECT n.total, s.total, n.state INTO claimed, settled, state
    FROM app.settlement s JOIN app.fee_notice n
      ON n.tenant_id = s.tenant_id AND n.id = s.notice_id AND n.application_id = s.application_id
   WHERE s.tenant_id = NEW.tenant_id AND s.notice_id = NEW.notice_id;
  SELECT coalesce(sum(a.amount), 0) INTO booked FROM app.allocation a
   WHERE a.tenant_id = NEW.tenant_id AND a.notice_id = NEW.notice_id;
  IF claimed IS NULL OR state <> 'valid' OR claimed <> settled OR claimed <> booked THEN
    RAISE EXCEPTION 'notice % of % rupiah, %, cannot be settled with %', NEW.notice_id, claimed, state, booked
      USING ERRCODE = 'check_violation', CONSTRAINT = 'settled_to_the_rupiah';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER settled_to_the_rupiah AFTER INSERT ON app.settlement
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.check_settlement();
CREATE CONSTRAINT TRIGGER settled_to_the_rupiah AFTER INSERT ON app.allocation
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.check_settlement();

CREATE FUNCTION app.check_payment() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE received bigint; used bigint; owed bigint;
BEGIN
  PERFORM app.see_what_is_committed();
  PERFORM pg_advisory_xact_lock(hashtextextended('payment:' || NEW.payment_id, NEW.tenant_id));
  SELECT p.amount INTO received FROM app.payment p WHERE p.tenant_id = NEW.tenant_id AND p.id = NEW.payment_id;
  SELECT coalesce(sum(a.amount), 0) INTO used FROM app.allocation a
   WHERE a.tenant_id = NEW.tenant_id AND a.payment_id = NEW.payment_id
     AND NOT EXISTS (SELECT FROM app.reversal r WHERE r.tenant_id = a.tenant_id AND r.notice_id = a.notice_id);
  SELECT coalesce(sum(f.amount), 0) INTO owed FROM app.refund f
   WHERE f.tenant_id = NEW.tenant_id AND f.payment_id = NEW.payment_id;
  IF received IS NULL OR used + owed > received THEN
    RAISE EXCEPTION 'payment % of % rupiah cannot cover % booked and % owed back', NEW.payment_id, received, used, owed
      USING ERRCODE = 'check_violation', CONSTRAINT = 'no_rupiah_twice';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER no_rupiah_twice AFTER INSERT ON app.allocation
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.check_payment();
CREATE CONSTRAINT TRIGGER no_rupiah_twice AFTER INSERT ON app.refund
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.check_payment();

-- The gate: no permit of a paid service before the signature, no collection after it, and no approved application
-- either way, without a settlement that counts. Refusals cost nothing.
CREATE FUNCTION app.check_gate() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE application uuid; breached boolean;
BEGIN
  PERFORM app.see_what_is_committed();
  IF TG_TABLE_NAME = 'application' THEN
    application := NEW.id;
  ELSIF TG_TABLE_NAME = 'reversal' THEN
    SELECT s.application_id INTO application FROM app.settlement s
     WHERE s.tenant_id = NEW.tenant_id AND s.notice_id = NEW.notice_id;
  ELSE
    application := NEW.application_id;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('gate:' || application, NEW.tenant_id));
  SELECT a.charged AND s.gate <> 'none'
         AND (a.state = 'approved'
              OR EXISTS (SELECT FROM app.decision d
                          WHERE d.tenant_id = a.tenant_id AND d.application_id = a.id AND d.kind <> 'refusal'
                            AND (s.gate = 'before_signature' OR EXISTS (
                                   SELECT FROM app.handover h
                                    WHERE h.tenant_id = d.tenant_id AND h.decision_id = d.id))))
         AND NOT EXISTS (
               SELECT FROM app.settlement t JOIN app.fee_notice n ON n.tenant_id = t.tenant_id AND n.id = t.notice_id
                WHERE t.tenant_id = a.tenant_id AND t.application_id = a.id AND n.kind = 'assessment'
                  AND NOT EXISTS (
                        SELECT FROM app.reversal r WHERE r.tenant_id = t.tenant_id AND r.notice_id = t.notice_id))
    INTO breached
    FROM app.application a JOIN app.standard s ON s.tenant_id = a.tenant_id AND s.id = a.standard_id
   WHERE a.tenant_id = NEW.tenant_id AND a.id = application;
  IF breached IS NOT FALSE THEN -- also where the row cannot be seen: whoever hides it gets no permit either
    RAISE EXCEPTION 'application % is not paid', application
      USING ERRCODE = 'check_violation', CONSTRAINT = 'no_permit_without_payment';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER no_permit_without_payment AFTER INSERT ON app.decision
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind <> 'refusal') EXECUTE FUNCTION app.check_gate();
CREATE CONSTRAINT TRIGGER no_permit_without_payment AFTER INSERT ON app.handover
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.check_gate();
CREATE CONSTRAINT TRIGGER no_permit_without_payment AFTER INSERT ON app.reversal
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.check_gate();
CREATE CONSTRAINT TRIGGER no_permit_without_payment AFTER INSERT OR UPDATE ON app.application
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.charged AND NEW.state = 'approved')
  EXECUTE FUNCTION app.check_gate();

-- A claim is closed once, never while money counts for it; and nothing that was to be paid becomes
-- free, unless the application goes by another version of its standard.
CREATE FUNCTION app.check_closing() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  PERFORM app.see_what_is_committed();
  PERFORM pg_advisory_xact_lock(hashtextextended('notice:' || NEW.id, NEW.tenant_id));
  IF OLD.state <> 'valid' OR EXISTS (
       SELECT FROM app.settlement t WHERE t.tenant_id = NEW.tenant_id AND t.notice_id = NEW.id
          AND NOT EXISTS (SELECT FROM app.reversal r WHERE r.tenant_id = t.tenant_id AND r.notice_id = t.notice_id)) THEN
    RAISE EXCEPTION 'notice % is % or paid, and cannot become %', NEW.number, OLD.state, NEW.state
      USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_once_and_unpaid';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER closed_once_and_unpaid BEFORE UPDATE OF state ON app.fee_notice
  FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION app.check_closing();

CREATE FUNCTION app.check_charged() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF OLD.standard_id = NEW.standard_id OR EXISTS (
       SELECT FROM app.fee_notice n WHERE n.tenant_id = NEW.tenant_id AND n.application_id = NEW.id
          AND n.kind = 'assessment' AND n.state = 'valid') THEN
    RAISE EXCEPTION 'application % was to be paid', OLD.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'charged_stays_charged';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER charged_stays_charged BEFORE UPDATE OF charged ON app.application
  FOR EACH ROW WHEN (OLD.charged AND NOT NEW.charged) EXECUTE FUNCTION app.check_charged();

REVOKE UPDATE ON app.fee_notice FROM ptsp_app, ptsp_worker;
GRANT UPDATE (state, closed_on, closed_for) ON app.fee_notice TO ptsp_app, ptsp_worker;
GRANT EXECUTE ON FUNCTION app.see_what_is_committed() TO ptsp_app, ptsp_worker;
GRANT UPDATE (charged) ON app.application TO ptsp_app, ptsp_worker;
