import json
from dataclasses import replace

import pytest

from accounting.records.documents import BatchSettings
from accounting.tests.workbooks.samples import DESKTOP_SETTINGS, ONLINE_SETTINGS, PAYMENT


@pytest.mark.parametrize("batch_settings", [ONLINE_SETTINGS, DESKTOP_SETTINGS])
def test_settings_survive_json(batch_settings: BatchSettings) -> None:
    assert (
        BatchSettings.from_json(json.loads(json.dumps(batch_settings.to_json()))) == batch_settings
    )


def test_settings_of_an_unknown_profile_are_refused() -> None:
    with pytest.raises(ValueError, match='no profile "xero"'):
        replace(ONLINE_SETTINGS, profile="xero")


def test_accounts_by_method() -> None:
    assert ONLINE_SETTINGS.deposit_account("check") == "Checking:Deposits"
    assert ONLINE_SETTINGS.deposit_account("card") == ""
    assert ONLINE_SETTINGS.refund_account("card") == "Merchant Clearing"
    assert ONLINE_SETTINGS.refund_account("check") == "Undeposited Funds"


def test_blank_account_of_a_method_means_the_default() -> None:
    settings = replace(ONLINE_SETTINGS, refund_accounts={"card": ""})
    assert settings.refund_account("card") == "Undeposited Funds"


def test_net_is_gross_less_netted_refunds() -> None:
    assert replace(PAYMENT, netted=(("R-1", 1999), ("R-2", 1))).net_cents == 13000
