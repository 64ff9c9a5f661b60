"""The hospital's own login: OpenID Connect, authorization code flow with PKCE."""

from pixl.oidc.provider import NotVouchedFor, OpenIdProvider, ProviderAway, Started

__all__ = ["NotVouchedFor", "OpenIdProvider", "ProviderAway", "Started"]
