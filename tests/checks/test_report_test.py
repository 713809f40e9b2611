"""The judge is judged: tools/test_report.py on results that it must pass, and on each kind that it must not."""

import os
import pathlib
import subprocess
import sys
import tempfile

TOOL = pathlib.Path(__file__).parents[2] / "tools" / "test_report.py"
PASSED = '<testcase name="unit/a/b" time="0.1" status="run"><system-out>{}</system-out></testcase>'
CMOCKA = "[==========] 3 test(s) run.\n[  PASSED  ] 3 test(s).\n"
FAILED = '<testcase name="sql/x" time="1" status="fail"><failure message="Failed"/><system-out>1 passed</system-out></testcase>'
SKIPPED = ('<testcase name="rpc/y" time="0" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>'
           '<system-out>SKIPPED: no Python\n</system-out></testcase>')


def judge(*cases, floor=1, ci=False, write=True, options=()):
    """Exit status and output for a lane of these cases."""
    with tempfile.TemporaryDirectory() as folder:
        junit = pathlib.Path(folder) / "junit.xml"
        if write:
            junit.write_text(f"<testsuite>{''.join(cases)}</testsuite>")
        environment = {key: value for key, value in os.environ.items() if key != "CI"} | ({"CI": "true"} if ci else {})
        done = subprocess.run([sys.executable, TOOL, *options, f"dev={junit}:{floor}"], capture_output=True, text=True,
                              env=environment)
        return done.returncode, done.stdout + done.stderr


passed = 0


def check(result, status, *texts):
    global passed
    code, output = result
    if code != status or any(text not in output for text in texts):
        sys.exit(f"exit status {code}, {status} was expected, with {texts} in:\n{output}")
    passed += 1


check(judge(PASSED.format(CMOCKA), floor=3), 0, "1 passed, 0 failed, 0 skipped")
check(judge(PASSED.format(CMOCKA), floor=4), 1, "3 cases passed, at least 4 are expected", "1 failed")
check(judge(PASSED.format("===== 12 passed in 0.3s ====="), floor=12), 0)
check(judge(PASSED.format(CMOCKA), FAILED), 1, "FAILED: dev: sql/x", "1 passed, 1 failed, 0 skipped")
check(judge(PASSED.format(CMOCKA), SKIPPED), 0, "SKIPPED: dev: rpc/y: no Python", "1 skipped")
check(judge(PASSED.format(CMOCKA), SKIPPED, ci=True), 1, "1 tests were skipped, which CI=true does not allow")
check(judge(PASSED.format(CMOCKA), SKIPPED, floor=9), 0, "1 skipped")
check(judge(PASSED.format("[  SKIPPED ] not_today\n[  PASSED  ] 2 test(s)."), ci=True), 1, "not_today")
check(judge(PASSED.format("3 passed, 1 skipped in 2s\nAGREED SKIPS: HTTP only"), ci=True), 0, "AGREED: dev", "HTTP only")
check(judge(PASSED.format("AGREED SKIPS: some\nSKIPPED: another"), ci=True), 1, "another")
check(judge(PASSED.format("3 passed, 1 skipped in 2s"), ci=True), 1, "1 skipped in 2s")
check(judge(PASSED.format("Ran 2 tests in 1s\n\nOK (skipped=1)"), ci=True), 1, "skipped=1")
check(judge(), 1, "lane dev: no test ran")
check(judge(write=False), 1, "lane dev: no test ran")
check(judge(PASSED.format(CMOCKA), options=("--problem", "preset release does not build")), 1, "does not build")
print(f"{passed} passed")
