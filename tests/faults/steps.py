"""The model's account of one delivery: from each point to the next, and what it does to the mail."""

from tests.faults.model import CRASHES, Claim, Model
from tests.faults.staged import DONE, StagedWorker

_VERDICTS = {"accepted": "sent", "later": "deferred", "never": "failed"}


def next_point(model: Model, worker: StagedWorker, claim: Claim, told: str) -> str:
    """Do in the model what the worker does next; return where it will stand. `told` is what it is told."""
    mail = model.mails[claim.mail]
    match worker.at:
        case "claimed" if claim.crashes >= CRASHES:
            model.finish(claim, "failed")
            return DONE
        case "claimed":
            if not model.admit(claim):
                return DONE
            return "prepared" if mail.written else "written"
        case "written":
            mail.written = mail.written or model.holds(claim, "sending")
            return "prepared" if model.holds(claim, "sending") else DONE
        case "prepared":
            return "body"
        case "body":
            return _hand_over(model, worker, claim, told)
        case "handover":
            return "dot" if worker.verdict else "answered"
        case "dot":
            worker.verdict = _VERDICTS.get(told, "unknown")
            return "answered"
    model.finish(claim, worker.verdict)
    return DONE


def _hand_over(model: Model, worker: StagedWorker, claim: Claim, told: str) -> str:
    if told != "go on":
        worker.verdict = _VERDICTS[told]
        return "answered"
    worker.verdict = "granted" if model.hand_over(claim) else ""
    mail = model.mails[claim.mail]
    # Invariant 3, whatever the tables say.
    assert not (worker.verdict and mail.kind == "reminder" and not model.bills[mail.bill].payable)
    return "handover"
