"""AsyncAPI 3.0 for agencies and listeners: queues, messages, signatures, events. Kept as `schemas/asyncapi.json`."""

import json
from typing import Any

from ptsp.domain import feed
from ptsp.infra.broker import DEAD, EVENTS, QUESTIONS, REPLIES
from ptsp.infra.broker.events import CONTENT_TYPE
from ptsp.main.partner_documents import KEY, REPLY, TEXT, Json
from ptsp.sdk.manifest import RECEIVABLE
from ptsp.sdk.queues import AGENCY, MOST_AT_ONCE, TENANT

NAME = "asyncapi.json"

WORDS = f"""Agencies that take messages, and whoever listens to what happens in an office.

A message may come twice, late and in any order: keep one case per `key`, and answer again when a question comes again.
Every message is signed as Standard Webhooks 1.0.0 lays down, over its raw body, with the secret of that agency, and
without a time window. What nobody here can use is laid into `{REPLIES}.dead` with the header `ptsp-reason`.
The broker is no archive: it may be emptied at any moment, and what was not answered is then asked again."""

HEADERS: Json = {
    "type": "object",
    "required": [TENANT, AGENCY, "webhook-id", "webhook-timestamp", "webhook-signature"],
    "properties": {
        TENANT: {**TEXT, "description": "The office."},
        AGENCY: {**TEXT, "description": "The agency, by its code in the office's pack."},
        "webhook-id": {
            **TEXT,
            "maxLength": 200,
            "description": "The same for the same message; also message_id.",
        },
        "webhook-timestamp": {"type": "string", "pattern": "^[0-9]{1,12}$"},
        "webhook-signature": {"type": "string", "pattern": "^v1,", "description": "HMAC-SHA256, base64."},
    },
}
QUESTION: Json = {
    "type": "object",
    "required": ["key", "reference", "step"],
    "properties": {
        "key": {"type": "string", "format": "uuid", "description": "The same however often it is asked."},
        "reference": {**TEXT, "description": "Our number of the bundle."},
        "step": {**TEXT, "description": "What is to be done, by its code in the office's pack."},
        **{part: {"description": "As the connector's manifest allows."} for part in RECEIVABLE},
    },
}


def asyncapi() -> str:
    """The document as it is kept."""
    return json.dumps(_document(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _document() -> Json:
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "PTSP messages", "version": "1.0.0", "description": WORDS},
        "defaultContentType": "application/json",
        "channels": {
            "questions": _queue(f"{QUESTIONS}.{{queue}}", QUESTIONS, "Questions to one agency.", "questions")
            | {
                "parameters": {
                    "queue": {"description": "Of itself <tenant>.<agency>; see the connector's options."}
                }
            },
            "replies": _queue(REPLIES, REPLIES, "Answers of all agencies.", "replies"),
            "deadReplies": _queue(f"{REPLIES}.dead", DEAD, "Answers that nobody can use.", "replies"),
            "events": _exchange(),
        },
        "operations": {
            "ask": {
                "action": "send",
                "channel": _ref("channels/questions"),
                "summary": "Put questions to an agency.",
                "reply": {"channel": _ref("channels/replies")},
            },
            "takeReplies": {
                "action": "receive",
                "channel": _ref("channels/replies"),
                "summary": "Record what agencies answer.",
            },
            "tell": {
                "action": "send",
                "channel": _ref("channels/events"),
                "summary": "Tell of what happened, in order for each bundle, at least once.",
            },
        },
        "components": {"messages": _messages()},
    }


def _queue(address: str, exchange: str, words: str, message: str) -> Json:
    """A queue is bound with its own name as routing key."""
    bound = {"name": exchange, "type": "direct", "durable": True, "autoDelete": False}
    queue = {"name": address, "durable": True, "exclusive": False, "autoDelete": False}
    return {
        "address": address,
        "description": f"{words} A quorum queue, bound to the exchange {exchange} by its own name.",
        "messages": {message: _ref(f"components/messages/{message}")},
        "bindings": {"amqp": {"is": "queue", "queue": queue, "x-exchange": bound, "bindingVersion": "0.3.0"}},
    }


def _exchange() -> Json:
    exchange = {"name": EVENTS, "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": "{tenant}.{type}",
        "description": f"Routing keys of the topic exchange {EVENTS}: bind a queue of your own.",
        "parameters": {
            "tenant": {"description": "The office."},
            "type": {"description": "The event's type."},
        },
        "messages": {name: _ref(f"components/messages/{name}") for name in _event_messages()},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }


def _messages() -> Json:
    return {
        "questions": _message("Questions", _many("questions", QUESTION)),
        "replies": _message("Replies", _many("replies", REPLY)),
        **_event_messages(),
    }


def _message(title: str, payload: Json) -> Json:
    return {"title": title, "contentType": "application/json", "headers": HEADERS, "payload": payload}


def _many(name: str, one: Json) -> Json:
    listed = {"type": "array", "minItems": 1, "maxItems": MOST_AT_ONCE, "items": one}
    return {"type": "object", "required": [name], "properties": {name: listed}}


def _event_messages() -> Json:
    return {
        shown.type: {"title": shown.type, "contentType": CONTENT_TYPE, "payload": _event(shown)}
        for shown in feed.EVENTS.values()
    }


def _event(shown: feed.Shown) -> Json:
    """CloudEvents 1.0, structured mode."""
    needed = ("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "sequence", "data")
    data: Json = {
        "type": "object",
        "properties": {part: {} for part in shown.parts},
        "additionalProperties": False,
    }
    texts: dict[str, Any] = dict.fromkeys(needed[1:-1], TEXT)
    return {
        "type": "object",
        "required": list(needed),
        "properties": {
            **texts,
            "specversion": {"const": "1.0"},
            "type": {"const": shown.type},
            "time": {"type": "string", "format": "date-time"},
            "id": {**TEXT, "description": "<tenant>/<bundle>/<sequence>; the same however often it is sent."},
            "data": data,
        },
        "examples": [_example(shown)],
    }


def _example(shown: feed.Shown) -> Json:
    return {
        "specversion": "1.0",
        "id": f"sidoarjo/{KEY}/7",
        "source": "https://ptsp.example/sidoarjo",
        "type": shown.type,
        "subject": "SDA-2026-000001",
        "time": "2026-03-02T09:00:00Z",
        "datacontenttype": "application/json",
        "sequence": "000007",
        "data": {},
    }


def _ref(place: str) -> Json:
    return {"$ref": f"#/{place}"}
