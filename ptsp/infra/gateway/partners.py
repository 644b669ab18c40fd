"""The agencies of each tenant as connectors, configured from its pack and this installation's secrets."""

from collections.abc import Mapping
from dataclasses import replace

from ptsp.infra.gateway.addresses import agency_url
from ptsp.infra.gateway.registry import Registry
from ptsp.infra.tenants import Tenant
from ptsp.kernel.specs import BANK
from ptsp.sdk.contract import BankConnector, Connector, Question, Settings
from ptsp.sdk.errors import Misconfigured
from ptsp.sdk.webhooks import derive_secret


class Partners:
    """Builds a connector per tenant and agency, once per pack.

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
        self._built: dict[tuple[int, str], tuple[str, Connector]] = {}
        self._banks: dict[int, tuple[str, BankConnector]] = {}

    def is_local(self, tenant: Tenant, agency: str) -> bool:
        spec = tenant.pack.agencies.get(agency)
        return spec is not None and spec.connector in self._local

    def connector(self, tenant: Tenant, agency: str) -> Connector:
        """Raises Misconfigured when the pack names no connector for the agency, or one that cannot work."""
        code = self._code(tenant, agency)
        if code in self._local:
            return self._local[code]
        digest, built = self._built.get((tenant.id, agency), ("", None))
        if built is None or digest != tenant.pack.digest:
            built = self._registry.build(code, self._settings(tenant, agency))
            self._built[tenant.id, agency] = (tenant.pack.digest, built)
        return built

    def disclosed(self, tenant: Tenant, question: Question) -> Question:
        """The question with only what the connector's manifest says its agency receives."""
        code = self._code(tenant, question.agency)
        if code in self._local:
            return question
        manifest = self._registry.manifest(code)
        return replace(question, payload=manifest.allowed(question.payload))

    def bank(self, tenant: Tenant) -> BankConnector:
        """Who tells this tenant of payments. Raises Misconfigured where the pack names no bank."""
        digest, built = self._banks.get(tenant.id, ("", None))
        if built is None or digest != tenant.pack.digest:
            built = self._registry.build_payment(self._code(tenant, BANK), self._settings(tenant, BANK))
            self._banks[tenant.id] = (tenant.pack.digest, built)
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
            secret=derive_secret(self._master, tenant.code, agency),
            callback_url=f"{self._public_url}/agency/{tenant.code}/{agency}/replies",
            options=options,
        )
