"""scripts/check-layers, which the build's test "layers" runs on our tree, sees what it has to see: in a small tree of its own.

SPDX-License-Identifier: MIT
"""

import subprocess

import pytest

from conftest import ROOT

SOURCES = {
    "floor/stone.c": '#include "floor/stone.h"\nint stone(void) { return 1; }\n',
    "include/floor/stone.h": "int stone(void);\n",
    "roof/tile.c": '#include "tile.h"\n#include "floor/stone.h"\nint tile(void) { return stone(); }\n',
    "roof/tile.h": "int tile(void);\n",
    "include/vocabulary/words.h": "struct word { int letters; };\n",
    "tests/test-roof.c": '#include "roof/tile.h"\nint main(void) { return tile(); }\n',
}


@pytest.fixture
def house(tmp_path):
    """house(changes, built={layer: [sources]}, apart=[]): the exit code and the lines that the check prints."""

    def check(changes=None, built=None, apart=()):
        for name, text in (SOURCES | (changes or {})).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        command = [ROOT / "scripts" / "check-layers", "--root", tmp_path]
        paths = {"floor": ["floor", "vocabulary"], "roof": ["roof"]}
        for layer, sources in {"floor": ["floor/stone.c"], "roof": ["roof/tile.c"], **(built or {})}.items():
            objects = []
            for source in sources:
                objects.append(tmp_path / (source.replace("/", "_") + ".o"))
                subprocess.run(["cc", "-w", "-I", tmp_path / "include", "-I", tmp_path, "-c", "-o", objects[-1],
                                tmp_path / source], check=True, timeout=60)
            library = tmp_path / f"lib{layer}.a"
            library.unlink(missing_ok=True)
            subprocess.run(["ar", "csr" + ("T" if layer == "roof" else ""), library, *objects], check=True, timeout=60)
            command += ["--layer", layer, library, *paths[layer]]
        for names in apart:
            command += ["--apart", *names]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert result.stderr == ""
        return result.returncode, result.stdout.splitlines()

    return check


def test_what_refers_downwards_is_right(house):
    assert house() == (0, [])


def test_a_symbol_from_above(house):
    assert house({"floor/stone.c": "int tile(void);\nint stone(void) { return tile(); }\n"}) == \
        (1, ["floor/stone.c (layer floor): uses tile of roof/tile.c (layer roof), which stands above it"])


def test_a_variable_from_above(house):
    assert house({"floor/stone.c": "extern int colour;\nint stone(void) { return colour; }\n",
                  "roof/tile.c": "int colour;\n"}) == \
        (1, ["floor/stone.c (layer floor): uses colour of roof/tile.c (layer roof), which stands above it"])


def test_a_symbol_that_is_below_too(house):
    changes = {"floor/stone.c": "int stone(void) { return 1; }\nint stone_again(void) { return stone(); }\n",
               "roof/tile.c": "__attribute__((weak)) int stone(void) { return 2; }\n"}
    assert house(changes) == (0, [])


@pytest.mark.parametrize("include", ["roof/tile.h", "../roof/tile.h"])
def test_an_include_from_above(house, include):
    source = f'#include "floor/stone.h"\n\n# include "{include}"\nint stone(void) {{ return 1; }}\n'
    assert house({"floor/stone.c": source}) == \
        (1, ["floor/stone.c:3 (layer floor): includes roof/tile.h (layer roof), which stands above it"])


def test_an_include_from_above_in_a_header_that_nobody_uses(house):
    assert house({"include/floor/unused.h": '#include "roof/tile.h"\n'}) == \
        (1, ["include/floor/unused.h:1 (layer floor): includes roof/tile.h (layer roof), which stands above it"])


def test_an_include_of_what_has_no_layer(house):
    assert house({"include/stray.h": "", "roof/tile.c": '#include "stray.h"\nint tile(void) { return 0; }\n'}) == \
        (1, ["roof/tile.c:1: includes include/stray.h, which belongs to no layer"])


def test_a_header_of_another_folder_can_belong_to_a_layer(house):
    source = '#include "vocabulary/words.h"\nint stone(void) { return sizeof(struct word); }\n'
    assert house({"floor/stone.c": source}) == (0, [])


def test_a_source_in_the_wrong_library(house):
    assert house(built={"floor": ["floor/stone.c", "roof/tile.c"], "roof": []}) == \
        (1, ["roof_tile.c.o: built into layer floor, but its source belongs to layer roof"])


def test_a_source_without_a_layer(house):
    code, lines = house({"shed/spade.c": "int spade;\n"}, built={"roof": ["roof/tile.c", "shed/spade.c"]})
    assert code == 1
    assert lines == ["shed_spade.c.o: built into layer roof, but its source is not among that layer's paths"]


def test_layers_that_do_without_others(house):
    assert house(apart=[("roof", "floor")]) == \
        (1, ["roof/tile.c:2 (layer roof): includes include/floor/stone.h (layer floor), which it has to do without",
             "roof/tile.c (layer roof): uses stone of floor/stone.c (layer floor), which it has to do without"])
