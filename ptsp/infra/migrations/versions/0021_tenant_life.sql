-- One office's life: brought back to an earlier state, or removed, while all others work on.

-- What was done to a whole office. It is the platform's: no role of ours may read it, and it outlives the office,
-- of which it holds the code and nothing else.
CREATE TABLE app.tenant_act (
  id uuid PRIMARY KEY,
  office int NOT NULL,        -- the id that it has, or had
  code text NOT NULL,
  act text NOT NULL CHECK (act IN ('opened', 'restored', 'removed')), -- opened: personal data was handed over readable
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  by text NOT NULL CHECK (by <> ''),
  reason text NOT NULL CHECK (reason <> ''),
  digest text NOT NULL        -- SHA-256 of the archive's manifest; empty where somebody wanted none
);
CREATE UNIQUE INDEX removed_once ON app.tenant_act (office) WHERE act = 'removed';

-- An office's keys are made of its id: another office under it could open what stands in an old backup.
CREATE FUNCTION app.check_new_office() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF EXISTS (SELECT FROM app.tenant_act a WHERE a.office = NEW.id AND a.act = 'removed') THEN
    RAISE EXCEPTION 'the id % belonged to an office that was removed', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'an_id_is_used_once';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER an_id_is_used_once BEFORE INSERT ON app.tenant
  FOR EACH ROW EXECUTE FUNCTION app.check_new_office();

-- Every row hangs on its office, directly or over others: while the office's row is locked none comes in, and no row is
-- left when it goes. (Events and leaves have no foreign key; they come only with the row of a bundle or a head.)
ALTER TABLE app.deposit ADD FOREIGN KEY (tenant_id) REFERENCES app.tenant (id);
ALTER TABLE app.statement ADD FOREIGN KEY (tenant_id) REFERENCES app.tenant (id);
ALTER TABLE app.difference_closing ADD FOREIGN KEY (tenant_id) REFERENCES app.tenant (id);

-- Rows are brought back some hundreds at a time, and one may be about another that comes later.
ALTER TABLE app.fee_notice ALTER CONSTRAINT fee_notice_tenant_id_about_fkey DEFERRABLE INITIALLY IMMEDIATE;

-- The checks of money ask row by row whether what is being done may be done, each under a lock of its own. An office
-- that is brought back has more rows than a server has locks, and what was right when it was done (a notice that was
-- settled, then corrected and cancelled) would be refused now. So the owner, and nobody else, may bring back all rows
-- of one office and have their sums checked once, as they stand: see app.check_money.
CREATE FUNCTION app.is_restored(tenant int) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  SELECT current_user = 'ptsp_owner' AND current_setting('app.restoring', true) IS NOT DISTINCT FROM tenant::text
$$;
GRANT EXECUTE ON FUNCTION app.is_restored(int) TO ptsp_app, ptsp_worker;

DROP TRIGGER settled_to_the_rupiah ON app.settlement;
DROP TRIGGER settled_to_the_rupiah ON app.allocation;
DROP TRIGGER no_rupiah_twice ON app.allocation;
DROP TRIGGER no_rupiah_twice ON app.refund;
DROP TRIGGER no_permit_without_payment ON app.decision;
DROP TRIGGER no_permit_without_payment ON app.handover;
DROP TRIGGER no_permit_without_payment ON app.reversal;
DROP TRIGGER no_permit_without_payment ON app.application;
CREATE CONSTRAINT TRIGGER settled_to_the_rupiah AFTER INSERT ON app.settlement
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NOT app.is_restored(NEW.tenant_id))
  EXECUTE FUNCTION app.check_settlement();
CREATE CONSTRAINT TRIGGER settled_to_the_rupiah AFTER INSERT ON app.allocation
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NOT app.is_restored(NEW.tenant_id))
  EXECUTE FUNCTION app.check_settlement();
CREATE CONSTRAINT TRIGGER no_rupiah_twice AFTER INSERT ON app.allocation
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NOT app.is_restored(NEW.tenant_id))
  EXECUTE FUNCTION app.check_payment();
CREATE CONSTRAINT TRIGGER no_rupiah_twice AFTER INSERT ON app.refund
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NOT app.is_restored(NEW.tenant_id))
  EXECUTE FUNCTION app.check_payment();
CREATE CONSTRAINT TRIGGER no_permit_without_payment AFTER INSERT ON app.decision
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind <> 'refusal' AND NOT app.is_restored(NEW.tenant_id))
  EXECUTE FUNCTION app.check_gate();
CREATE CONSTRAINT TRIGGER no_permit_without_payment AFTER INSERT ON app.handover
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NOT app.is_restored(NEW.tenant_id))
  EXECUTE FUNCTION app.check_gate();
CREATE CONSTRAINT TRIGGER no_permit_without_payment AFTER INSERT ON app.reversal
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NOT app.is_restored(NEW.tenant_id))
  EXECUTE FUNCTION app.check_gate();
CREATE CONSTRAINT TRIGGER no_permit_without_payment AFTER INSERT OR UPDATE ON app.application
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.charged AND NEW.state = 'approved' AND NOT app.is_restored(NEW.tenant_id))
  EXECUTE FUNCTION app.check_gate();

-- All that these triggers promise, of all rows of the bound office at once. A settlement that was reversed counts for
-- nothing, so its notice may be closed; its sums are the same all the same.
CREATE FUNCTION app.check_money() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE one uuid;
BEGIN
  SELECT s.notice_id INTO one
    FROM app.settlement s
    JOIN app.fee_notice n ON n.tenant_id = s.tenant_id AND n.id = s.notice_id
    LEFT JOIN app.reversal r ON r.tenant_id = s.tenant_id AND r.notice_id = s.notice_id
    LEFT JOIN (SELECT tenant_id, notice_id, sum(amount) AS booked FROM app.allocation GROUP BY 1, 2) a
           ON a.tenant_id = s.tenant_id AND a.notice_id = s.notice_id
   WHERE n.application_id <> s.application_id OR n.total <> s.total OR coalesce(a.booked, 0) <> s.total
      OR n.state <> 'valid' AND r.notice_id IS NULL
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'notice % is not settled to the rupiah', one
      USING ERRCODE = 'check_violation', CONSTRAINT = 'settled_to_the_rupiah';
  END IF;
  SELECT p.id INTO one
    FROM app.payment p
    LEFT JOIN (SELECT a.tenant_id, a.payment_id, sum(a.amount) AS used FROM app.allocation a
                WHERE NOT EXISTS (SELECT FROM app.reversal r
                                   WHERE r.tenant_id = a.tenant_id AND r.notice_id = a.notice_id)
                GROUP BY 1, 2) u ON u.tenant_id = p.tenant_id AND u.payment_id = p.id
    LEFT JOIN (SELECT tenant_id, payment_id, sum(amount) AS owed FROM app.refund GROUP BY 1, 2) o
           ON o.tenant_id = p.tenant_id AND o.payment_id = p.id
   WHERE coalesce(u.used, 0) + coalesce(o.owed, 0) > p.amount
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'payment % is used twice', one
      USING ERRCODE = 'check_violation', CONSTRAINT = 'no_rupiah_twice';
  END IF;
  SELECT a.id INTO one
    FROM app.application a JOIN app.standard s ON s.tenant_id = a.tenant_id AND s.id = a.standard_id
   WHERE a.charged AND s.gate <> 'none'
     AND (a.state = 'approved'
          OR EXISTS (SELECT FROM app.decision d
                      WHERE d.tenant_id = a.tenant_id AND d.application_id = a.id AND d.kind <> 'refusal'
                        AND (s.gate = 'before_signature' OR EXISTS (
                               SELECT FROM app.handover h WHERE h.tenant_id = d.tenant_id AND h.decision_id = d.id))))
     AND NOT EXISTS (
           SELECT FROM app.settlement t JOIN app.fee_notice n ON n.tenant_id = t.tenant_id AND n.id = t.notice_id
            WHERE t.tenant_id = a.tenant_id AND t.application_id = a.id AND n.kind = 'assessment'
              AND NOT EXISTS (
                    SELECT FROM app.reversal r WHERE r.tenant_id = t.tenant_id AND r.notice_id = t.notice_id))
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'application % is not paid', one
      USING ERRCODE = 'check_violation', CONSTRAINT = 'no_permit_without_payment';
  END IF;
END $$;
