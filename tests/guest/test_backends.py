# SPDX-License-Identifier: MIT
"""Random programs end in the same state, and have executed as many instructions, on both back ends and by single steps.

The path of ppc-random comes in PPC_RANDOM; PPC_RANDOM_SEED and PPC_RANDOM_COUNT choose what is run.
"""

import os
import subprocess

import pytest

PROGRAM = os.environ.get('PPC_RANDOM', 'ppc-random')
SEED = os.environ.get('PPC_RANDOM_SEED', '1')
COUNT = os.environ.get('PPC_RANDOM_COUNT', '5000')

# Programs that run with address translation end in faults as well: DSI, ISI, alignment, program, sc.
ENDS = ('0', '300', '400', '600', '700', 'c00')


def states(backend, count=COUNT, regions=False):
    environment = dict(os.environ, **({'PPC_FORCE_REGIONS': '1'} if regions else {}))
    return subprocess.run([PROGRAM, backend, SEED, str(count)], check=True, capture_output=True, text=True,
                          timeout=600, env=environment).stdout.splitlines()


@pytest.mark.parametrize('regions', [False, True])
def test_host_code_and_interpreter_reach_the_same_state(regions):
    host, interpreter = states('host', regions=regions), states('interp')
    assert len(host) == len(interpreter) == int(COUNT)
    different = [f'{a}\n{b}' for a, b in zip(host, interpreter) if a != b]
    assert {line.split()[2] for line in host} >= set(ENDS)
    assert not different, f'{len(different)} programs differ:\n' + '\n'.join(different[:10])


@pytest.mark.parametrize('backend', ['host', 'interp'])
@pytest.mark.parametrize('regions', [False, True])
def test_blocks_and_single_steps_reach_the_same_state(backend, regions):
    count = int(COUNT) // 10
    different = [f'{a}\n{b}' for a, b in zip(states(backend, count, regions), states('host-step', count))
                 if a != b and not a.endswith('mtsr')]
    assert not different, f'{len(different)} programs differ:\n' + '\n'.join(different[:10])
