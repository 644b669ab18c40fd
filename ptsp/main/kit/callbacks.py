"""What an agency that calls back is tried with: signed, about our questions, again until taken, and then no more."""

from collections.abc import Callable

from ptsp.main.kit.findings import Found, judged, skipped
from ptsp.main.kit.trial import Trial
from ptsp.sdk.errors import Forged

ONCE_MORE_S = 1.0


def called_back(trial: Trial) -> Found:
    key, _, _ = trial.first()
    sent = "an address for the answer, and a test case to be answered"
    if trial.answering is None:
        return skipped("nothing", "no address for callbacks was given (--callback-port)")
    found = trial.answering.wait_for(key.key, 2, within_s=trial.wait_s)
    if not found:
        return skipped(sent, f"no callback within {trial.wait_s:g} s; answer the test case and try again")
    return judged(found, sent, f"{len(found)} calls")


def callback_signed(trial: Trial) -> Found:
    def bad(trial: Trial) -> list[str]:
        assert trial.answering is not None
        reasons = []
        for one in trial.answering.arrivals:
            try:
                trial.connector().read_reply(one.headers, one.body)
            except Forged as error:
                reasons.append(str(error))
        return reasons

    return _of_callbacks(trial, bad, "each call read as the platform reads it")


def callback_ours(trial: Trial) -> Found:
    """Only about questions that were put."""

    def bad(trial: Trial) -> list[str]:
        assert trial.answering is not None
        keys = {
            value
            for one in trial.exchanges
            for name, value in one.sent.items()
            if name.lower() == "idempotency-key"
        }
        strange = [
            one for one in trial.answering.arrivals if not any(key.encode() in one.body for key in keys)
        ]
        return [f"{len(strange)} calls about questions that nobody put"] if strange else []

    return _of_callbacks(trial, bad, "all calls of this trial")


def callback_again(trial: Trial) -> Found:
    """The first call was answered 503."""

    def bad(trial: Trial) -> list[str]:
        assert trial.answering is not None
        question, _, _ = trial.first()
        found = trial.answering.wait_for(question.key, 2, within_s=trial.wait_s)
        names = {one.headers.get("webhook-id") for one in found}
        return (
            []
            if len(found) > 1 and len(names) == 1
            else [f"{len(found)} calls under {len(names)} message ids"]
        )

    return _of_callbacks(trial, bad, "503 for the first call of each message, 200 for the next")


def callback_once(trial: Trial) -> Found:
    def bad(trial: Trial) -> list[str]:
        assert trial.answering is not None
        question, _, _ = trial.first()
        found = trial.answering.wait_for(question.key, 3, within_s=min(trial.wait_s, ONCE_MORE_S))
        taken = [one for one in found if one.answered < 300]
        return [f"{len(taken)} calls of one message were taken"] if len(taken) > 1 else []

    return _of_callbacks(trial, bad, "200 for the second call")


def callback_after(trial: Trial) -> Found:
    def bad(trial: Trial) -> list[str]:
        assert trial.answering is not None
        question, _, exchanges = trial.first()
        first = trial.answering.about(question.key)[0]
        return ["the verdict came before the answer"] if exchanges and first.at < exchanges[0].at else []

    return _of_callbacks(trial, bad, "the first question")


def _of_callbacks(trial: Trial, bad: Callable[[Trial], list[str]], sent: str) -> Found:
    question, _, _ = trial.first()
    if trial.answering is None or not trial.answering.about(question.key):
        return skipped("nothing", "no callback came")
    reasons = bad(trial)
    return judged(
        not reasons, sent, "; ".join(sorted(set(reasons))) or f"{len(trial.answering.arrivals)} calls"
    )
