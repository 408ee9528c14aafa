# SPDX-License-Identifier: Apache-2.0
"""What every test file starts with: an org of its own, over HTTPS, that clients trust and find."""

import pytest

from orgsim import Gateway, Org


@pytest.fixture(scope="module")
def org(request):
    options = getattr(request.module, "ORG_OPTIONS", ("--tls",))
    simulated = Org(*options)
    gateway = Gateway(simulated)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NO_PROXY", "localhost,127.0.0.1")
        if "--tls" in options:
            environment.setenv("HTTPS_PROXY", gateway.url)
            environment.setenv("REQUESTS_CA_BUNDLE", simulated.ca_file)
            environment.setenv("SSL_CERT_FILE", simulated.ca_file)
        yield simulated
    gateway.stop()
    simulated.stop()
