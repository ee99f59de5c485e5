"""What the runner of the mutations makes of tests that pass, fail, hang or do not run."""

import pytest

from faults.design import MUTATIONS, Mutation
from faults.mutations import LONGEST_SECONDS, ROOT, Run, judge

SUMMARY = "======== short test summary info ========"


@pytest.mark.parametrize(
    ("code", "said", "is_good", "verdict"),
    [
        (1, f"{SUMMARY}\nFAILED a.py::test_b - x", True, "noticed: a.py::test_b - x"),
        (1, f"ERROR logged\n{SUMMARY}\nFAILED a.py::test_b", True, "noticed: a.py::test_b"),
        (None, "", True, f"noticed: did not end in {LONGEST_SECONDS} s"),
        (0, "1 passed", False, "NOT NOTICED"),
        (4, "no such file", False, "the tests did not run, pytest ended with 4"),
    ],
)
def test_only_red_and_hanging_tests_notice_a_mutation(
    code: int | None, said: str, is_good: bool, verdict: str
) -> None:
    judged = judge(MUTATIONS[0], Run(code, said, 1.0))
    assert (judged.is_good, judged.said) == (is_good, verdict)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_each_mutation_fits_the_code(mutation: Mutation) -> None:
    assert (ROOT / mutation.path).read_text().count(mutation.old) == 1
