"""OpenAPI 3.1 for agencies: what they may call here, and what we expect where we call them. Kept in `schemas/`."""

import json
from typing import Any

from flask import Flask

from ptsp.api import agency, central, snap
from ptsp.api.v1 import case, desk
from ptsp.main.web import Machines
from ptsp.sdk.listings import LONGEST_AFTER, MOST
from ptsp.sdk.manifest import RECEIVABLE

OFFERED = (agency.blueprint, snap.blueprint, central.blueprint, desk.blueprint, case.blueprint)
REPLIES = "/agency/{tenant}/{agency}/replies"
LISTED_LINES = (
    r"^([^|\n]*\|[^|\n]+\|[^|\n]+\|(PROSES|SETUJU|TOLAK)\r?\n)*(HABIS\|[0-9]+|LANJUT\|[0-9]+\|[^|\n]+)\s*$"
)
KEY = "0197a3c2-5c1e-7d60-9a44-6f6c1d2e3f40"
NUMBER = "KASUS-000001"
Json = dict[str, Any]


def documents() -> dict[str, str]:
    """File name -> content."""
    made = {
        "openapi-agency.json": _offered(),
        "openapi-partner-webhook.json": _webhook(),
        "openapi-partner-polling.json": _polling(),
    }
    return {
        name: json.dumps(one, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        for name, one in made.items()
    }


# ------------------------------------------------------------------------------------------- shapes

TEXT: Json = {"type": "string", "minLength": 1}
REASONS: Json = {
    "type": "array",
    "items": {**TEXT, "maxLength": 500},
    "description": "Needed for a rejection, for the applicant to read.",
}
VERDICT = {
    "if": {"properties": {"result": {"const": "rejected"}}},
    "then": {"required": ["reasons"], "properties": {"reasons": {"minItems": 1}}},
}
REPLY: Json = {
    "type": "object",
    "required": ["key", "number", "result"],
    "properties": {
        "key": {**TEXT, "maxLength": 64, "description": "The Idempotency-Key of the question."},
        "number": {**TEXT, "maxLength": 100, "description": "The agency's own number of the case."},
        "result": {"enum": ["approved", "rejected"]},
        "reasons": REASONS,
    },
    **VERDICT,
    "examples": [
        {"key": KEY, "number": NUMBER, "result": "approved"},
        {
            "key": KEY,
            "number": NUMBER,
            "result": "rejected",
            "reasons": ["Lokasi berada di kawasan lindung."],
        },
    ],
}
QUESTION: Json = {
    "type": "object",
    "required": ["reference", "step", "callback_url"],
    "properties": {
        "reference": {**TEXT, "description": "The bundle's reference, for people."},
        "step": {**TEXT, "description": "Which of the office's steps is asked."},
        "callback_url": {"type": "string", "format": "uri", "description": "Where the verdict is to be sent."},
        "applicant": {"type": "object", "description": "nik, kk, name, birth_place, birth_on, gender, address."},
        "answers": {"type": "object", "description": "The applicant's answers; numbers are texts."},
        "services": {"type": "array", "items": TEXT, "description": "Codes of the permits concerned."},
    },
    "description": f"Of {', '.join(RECEIVABLE)} only what was agreed. The same bytes at every retry.",
    "examples": [
        {
            "reference": "SDA-2026-000123", "step": "technical_review", "services": ["imb"],
            "callback_url": "https://izin.example/agency/sidoarjo/public_works/replies",
            "answers": {"floor_area": "120.50", "zone": "housing"},
        }
    ],
}  # fmt: skip
OPENED: Json = {
    "type": "object",
    "required": ["number"],
    "properties": {"number": {**TEXT, "maxLength": 100}},
    "examples": [{"number": NUMBER}],
}
CASE: Json = {
    "type": "object",
    "required": ["number", "key", "state"],
    "properties": {
        "number": {**TEXT, "maxLength": 100},
        "key": {**TEXT, "maxLength": 64},
        "state": {"enum": ["open", "approved", "rejected"]},
        "reasons": REASONS,
    },
    "if": {"properties": {"state": {"const": "rejected"}}},
    "then": {"required": ["reasons"], "properties": {"reasons": {"minItems": 1}}},
    "examples": [{"number": NUMBER, "key": KEY, "state": "open"}],
}
MOMENT: Json = {
    "type": "string",
    "format": "date-time",
    "pattern": "(Z|[+-][0-9]{2}:[0-9]{2})$",
    "description": "ISO 8601 with its offset.",
}
AFTER: Json = {
    **TEXT,
    "maxLength": LONGEST_AFTER,
    "description": "Yours alone: how the next page is asked for.",
}
WANTED: Json = {
    "type": "object",
    "required": ["since", "until"],
    "properties": {
        "since": MOMENT,
        "until": {**MOMENT, "description": "Left out itself: what was opened at this moment is not listed."},
        "after": {**AFTER, "description": "As the page before gave it; missing on the first page."},
    },
    "examples": [{"since": "2026-11-23T00:00:00+07:00", "until": "2026-11-24T00:00:00+07:00"}],
}
LISTED: Json = {
    "type": "object",
    "required": ["cases"],
    "properties": {
        "cases": {
            "type": "array",
            "maxItems": MOST,
            "description": "In an order that stays between pages. A case that is there twice is listed twice.",
            "items": {
                "type": "object",
                "required": ["number", "opened_at", "state"],
                "properties": {
                    "key": {
                        "type": "string",
                        "maxLength": 100,
                        "description": "The question's; empty if not kept.",
                    },
                    "number": {**TEXT, "maxLength": 100},
                    "opened_at": MOMENT,
                    "state": {"enum": ["open", "approved", "rejected"]},
                },
            },
        },
        "after": {**AFTER, "description": "Only if there are more cases; it comes back with the next call."},
    },
    "examples": [
        {
            "cases": [
                {"key": KEY, "number": NUMBER, "opened_at": "2026-11-23T09:15:00+07:00", "state": "approved"}
            ],
            "after": "500",
        },
        {"cases": []},
    ],
}
PROBLEMS = {
    "401": "signature or password do not fit, or are missing; nothing was read",
    "404": "there is no such case",
    "409": "this key was used for another question",
    "422": "the question is understood and cannot be taken; a person of the office looks at it",
    "429": "later, please; Retry-After says when",
    "503": "away for a while; Retry-After says when",
}


# ------------------------------------------------------------------------------------------ what we offer


def _offered() -> Json:
    app = Flask("partners", static_folder=None)
    app.config.update(API_TITLE="PTSP for agencies", API_VERSION="v1", OPENAPI_VERSION="3.1.0")
    api = Machines(app)
    for blueprint in OFFERED:
        api.register_blueprint(blueprint)
    made: Json = json.loads(json.dumps(api.spec.to_dict()))
    made["info"]["description"] = (
        "What agencies, banks and central systems call. Callbacks are signed by Standard Webhooks over the raw bytes; "
        "the same webhook-id again gets the same answer, so a call may be repeated until it is answered 2xx."
    )
    replies = made["paths"][REPLIES]["post"]
    replies["requestBody"] = _body(REPLY)
    replies["parameters"] = [*replies.get("parameters", []), *SIGNED]
    return made


# ------------------------------------------------------------------------------------- what we expect

SIGNED: list[Json] = [
    {"name": name, "in": "header", "required": True, "description": text, "schema": schema}
    for name, text, schema in (
        ("webhook-id", "The message's own id, the same at every repeat.", {**TEXT, "maxLength": 200}),
        (
            "webhook-timestamp",
            "Unix time, whole seconds; five minutes either way.",
            {"type": "string", "pattern": "^[0-9]{1,12}$"},
        ),
        (
            "webhook-signature",
            "v1, and base64 of HMAC-SHA-256 over id.timestamp.body.",
            {"type": "string", "pattern": "^v1,"},
        ),
    )
]
CORRELATION: Json = {
    "name": "X-Correlation-ID",
    "in": "header",
    "schema": TEXT,
    "description": "reference/step, for logs.",
}
ITS_KEY: Json = {
    "name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string", "format": "uuid"},
    "description": "Stays the same however often we ask: one key, one case.",
}  # fmt: skip


def _webhook() -> Json:
    opened = _responses({"202": ("the case is open", OPENED)}, "401", "409", "422", "429", "503")
    seen = _responses({"200": ("how it stands", CASE)}, "401", "404")
    post = {"operationId": "openCase", "summary": "Open a case, once a key", "requestBody": _body(QUESTION)}
    callback = {
        "requestBody": _body(REPLY),
        "parameters": SIGNED,
        "responses": {"200": {"description": "taken; do not repeat"}},
    }
    return _document(
        "A technical agency that calls back",
        "What an agency of style webhook offers. Calls are signed by Standard Webhooks, both ways, with one secret.",
        {
            "/cases": {
                "post": {
                    **post, "parameters": [ITS_KEY, CORRELATION, *SIGNED], "responses": opened,
                    "callbacks": {"verdict": {"{$request.body#/callback_url}": {"post": callback}}},
                }
            },
            "/cases/list": {
                "post": {
                    "operationId": "listCases", "summary": "Which cases we opened in a time; changes nothing",
                    "description": "Once a day, to compare your books with ours. Asked in the body, which is signed.",
                    "requestBody": _body(WANTED), "parameters": SIGNED,
                    "responses": _responses({"200": ("a page", LISTED)}, "401", "422", "429", "503"),
                }
            },
            "/cases/{key}": {
                "get": {
                    "operationId": "seeCase", "summary": "How a case stands; changes nothing", "responses": seen,
                    "parameters": [_in_path("key"), *SIGNED],
                }
            },
        },
    )  # fmt: skip


def _polling() -> Json:
    form = {
        "type": "object",
        "required": ["nomor_berkas", "langkah"],
        "additionalProperties": {"type": "string"},
    }
    form["properties"] = {
        name: {"type": "string"}
        for name in ("nomor_berkas", "langkah", "pemohon", "nik", "alamat", "layanan")
    }
    filed = _responses({}, "401", "422", "429", "503")
    filed["200"] = _plain("the case is open", "^DITERIMA\\|[^|]{1,100}$", f"DITERIMA|{NUMBER}")
    seen = _responses({}, "401", "404")
    seen["200"] = _plain(
        "how it stands",
        "^(PROSES|SELESAI\\|SETUJU|SELESAI\\|TOLAK(\\|[^|]+)+)$",
        "SELESAI|TOLAK|Lokasi tidak sesuai.",
    )
    made = _document(
        "An agency that is looked at",
        "What an agency of style polling offers: a form in, words between bars out. We look from time to time.",
        {
            "/perkara": {"get": _listed_as_lines()},
            "/perkara/{key}": {
                "put": {
                    "operationId": "fileCase", "summary": "Open a case, once a key", "responses": filed,
                    "parameters": [_in_path("key"), CORRELATION],
                    "requestBody": {
                        "required": True, "content": {"application/x-www-form-urlencoded": {"schema": form}}
                    },
                },
                "get": {
                    "operationId": "seeCase", "summary": "How a case stands; {key} is the agency's own number here",
                    "parameters": [_in_path("key")], "responses": seen,
                },
            },
        },
    )  # fmt: skip
    made["components"] = {"securitySchemes": {"login": {"type": "http", "scheme": "basic"}}}
    made["security"] = [{"login": []}]
    return made


def _listed_as_lines() -> Json:
    listed = _responses({}, "401", "422", "429", "503")
    listed["200"] = _plain(
        f"a line for each case, at most {MOST}; the last one says how many came before it, and how to go on",
        LISTED_LINES,
        f"{KEY}|{NUMBER}|2026-11-23T09:15:00+07:00|SETUJU\nHABIS|1",
    )
    return {
        "operationId": "listCases", "summary": "Which cases we filed in a time; changes nothing",
        "responses": listed,
        "parameters": [
            _in_query("sejak", MOMENT, is_required=True), _in_query("sampai", MOMENT, is_required=True),
            _in_query("lanjut", AFTER),
        ],
    }  # fmt: skip


def _document(title: str, description: str, paths: Json) -> Json:
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "v1", "description": description},
        "paths": paths,
    }


def _body(schema: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _plain(text: str, pattern: str, example: str) -> Json:
    return {
        "description": text,
        "content": {"text/plain": {"schema": {"type": "string", "pattern": pattern, "examples": [example]}}},
    }


def _responses(good: dict[str, tuple[str, Json]], *problems: str) -> Json:
    made: Json = {
        status: {"description": text, "content": {"application/json": {"schema": schema}}}
        for status, (text, schema) in good.items()
    }
    waits = {"Retry-After": {"schema": {"type": "string"}, "description": "Seconds, or an HTTP date."}}
    for status in problems:
        made[status] = {
            "description": PROBLEMS[status],
            **({"headers": waits} if status in ("429", "503") else {}),
        }
    return made


def _in_query(name: str, schema: Json, *, is_required: bool = False) -> Json:
    return {"name": name, "in": "query", "required": is_required, "schema": schema}


def _in_path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": TEXT}
