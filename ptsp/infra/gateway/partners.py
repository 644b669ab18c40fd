"""The agencies of each tenant as connectors, configured from its pack and this installation's secrets."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from cryptography.exceptions import InvalidTag

from ptsp.infra.gateway.addresses import agency_url
from ptsp.infra.gateway.registry import Registry
from ptsp.infra.tenants import Tenant
from ptsp.kernel.specs import BANK
from ptsp.sdk.contract import BankConnector, Connector, Question, Settings
from ptsp.sdk.errors import Misconfigured
from ptsp.sdk.manifest import RECEIVABLE, Manifest, Style
from ptsp.sdk.webhooks import derive_secret


class Partners:
    """Builds a connector per tenant and agency, once per pack and secret.

    `local` are connectors that live in this process and wait for nobody, by connector code; they are asked
    without a thread.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        master: bytes,
        simulators: Mapping[str, str],
        public_url: str,
        local: Mapping[str, Connector] | None = None,
    ) -> None:
        self._registry = registry
        self._master = master
        self._simulators = simulators
        self._public_url = public_url
        self._local = dict(local or {})
        self._built: dict[tuple[int, str], tuple[tuple[str, int], Any]] = {}

    def is_local(self, tenant: Tenant, agency: str) -> bool:
        spec = tenant.pack.agencies.get(agency)
        return spec is not None and spec.connector in self._local

    def is_queued(self, tenant: Tenant, agency: str) -> bool:
        """Is it asked by messages?"""
        spec = tenant.pack.agencies.get(agency)
        code = spec.connector if spec else None
        manifest = self._registry.manifests.get(code or "")
        return manifest is not None and manifest.style is Style.BROKER and code not in self._local

    def connector(self, tenant: Tenant, agency: str) -> Connector:
        """Raises Misconfigured when the pack names no connector for the agency, or one that cannot work."""
        code = self._code(tenant, agency)
        if code in self._local:
            return self._local[code]
        made: Connector = self._kept(tenant, agency, partial(self._registry.build, code))
        return made

    def of_style(self, tenant: Tenant, agency: str, style: Style) -> Any:
        """A connector of one style, which is not asked one question at a time. Raises Misconfigured."""
        build = partial(self._registry.build_of, style, self._code(tenant, agency))
        return self._kept(tenant, agency, build)

    def manifest(self, tenant: Tenant, agency: str) -> Manifest:
        """What the agency's connector says of itself. Raises Misconfigured where the pack names none."""
        return self._registry.manifest(self._code(tenant, agency))

    def signs(self, tenant: Tenant, agency: str) -> bool:
        """Does a person of this agency sign through a service, in place of the office's own key?"""
        spec = tenant.pack.agencies.get(agency)
        if spec is None or spec.connector is None or spec.connector in self._local:
            return False
        return self._registry.manifest(spec.connector).style is Style.SIGNING

    def disclosed(self, tenant: Tenant, question: Question) -> Question:
        """The question with only what the connector's manifest says its agency receives."""
        code = self._code(tenant, question.agency)
        if code in self._local:
            return question
        manifest = self._registry.manifest(code)
        return replace(question, payload=manifest.allowed(question.payload))

    def receives(self, tenant: Tenant, agency: str) -> frozenset[str]:
        """The parts of a question that the agency may see; all of them where it has no connector of its own."""
        spec = tenant.pack.agencies.get(agency)
        if spec is None or spec.connector is None or spec.connector in self._local:
            return frozenset(RECEIVABLE)
        return self._registry.manifest(spec.connector).receives

    def bank(self, tenant: Tenant) -> BankConnector:
        """Who tells this tenant of payments. Raises Misconfigured where the pack names no bank."""
        made: BankConnector = self.of_style(tenant, BANK, Style.PAYMENT)
        return made

    def _kept(self, tenant: Tenant, agency: str, build: Callable[[Settings], Any]) -> Any:
        given = tenant.secrets.get(agency)
        made_of = (tenant.pack.digest, given.version if given else 0)
        before, built = self._built.get((tenant.id, agency), (("", 0), None))
        if built is None or before != made_of:
            built = build(self._settings(tenant, agency))
            self._built[tenant.id, agency] = (made_of, built)
        return built

    def _code(self, tenant: Tenant, agency: str) -> str:
        spec = tenant.pack.agencies.get(agency)
        if spec is None or spec.connector is None:
            raise Misconfigured(f"the pack of {tenant.code} names no connector for {agency!r}")
        return spec.connector

    def _settings(self, tenant: Tenant, agency: str) -> Settings:
        options = dict(tenant.pack.agencies[agency].options)
        url = agency_url(
            str(options.pop("url", "")), tenant=tenant.code, agency=agency, simulators=self._simulators
        )
        return Settings(
            url=url,
            secret=self._secret(tenant, agency),
            callback_url=f"{self._public_url}/agency/{tenant.code}/{agency}/replies",
            options=options,
            ca=tenant.pack.agencies[agency].ca,
        )

    def _secret(self, tenant: Tenant, agency: str) -> bytes:
        """What the partner gave us, or else what both sides derive or were told of. Raises Misconfigured."""
        given = tenant.secrets.get(agency)
        if given is None:
            return derive_secret(self._master, tenant.code, agency)
        try:
            return given.opened(tenant.vault, tenant.id)
        except InvalidTag as error:
            raise Misconfigured("secret: what is stored does not open; it has to be set again") from error
