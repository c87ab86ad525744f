"""Small projects with an extension module, one for each build backend that people compile with.

Each module `demo._native` has one function, `root`, whose `pow` needs glibc 2.29 if it is linked with a glibc above the
floor. What the backends require comes from the package index.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RUNNING = f"cp3{sys.version_info.minor}"
HEAD = """
[build-system]
requires = [{requires}]
build-backend = "{backend}"
[project]
name = "demo"
version = "1.0"
[tool.wheelcheck]
glibc = "2.17"
architectures = ["x86_64", "aarch64"]
python = ["{pair}"]
sdist = true
[tool.wheelcheck.smoke]
commands = [{{ run = ["python", "-c", "import demo._native as n; print(n.root(9.0))"], expect = "^3.0$" }}]
"""
C = """
#include <Python.h>
#include <math.h>
static PyObject *root(PyObject *self, PyObject *number) {
  return PyFloat_FromDouble(pow(PyFloat_AsDouble(number), 0.5));
}
static PyMethodDef methods[] = {{"root", root, METH_O, ""}, {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_native", 0, -1, methods};
PyMODINIT_FUNC PyInit__native(void) { return PyModule_Create(&module); }
"""
SETUP = """
from setuptools import Extension, setup
setup(packages=["demo"], ext_modules=[Extension("demo._native", ["native.c"], libraries=["m"])])
"""
CMAKE = """
cmake_minimum_required(VERSION 3.20...4.2)
project(demo LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
Python_add_library(_native MODULE WITH_SOABI native.c)
target_link_libraries(_native PRIVATE m)
install(TARGETS _native DESTINATION demo)
"""
MESON = """
project('demo', 'c', version: '1.0')
python = import('python').find_installation(pure: false)
m = meson.get_compiler('c').find_library('m')
python.extension_module('_native', 'native.c', dependencies: m, subdir: 'demo', install: true)
python.install_sources('demo/__init__.py', subdir: 'demo')
"""
SETUPTOOLS_RUST = """
[[tool.setuptools-rust.ext-modules]]
target = "demo._native"
path = "Cargo.toml"
binding = "NoBinding"
[tool.setuptools]
packages = ["demo"]
"""
# The Rust module hands out what its build script compiles from C, with the words that the crate cc adds.
BUILD_RS = """
use std::{env, process::Command};
fn main() {
    let (target, out) = (env::var("TARGET").unwrap(), env::var("OUT_DIR").unwrap());
    let tool = |name: &str| env::var(format!("{name}_{}", target.replace('-', "_"))).unwrap();
    let run = |words: &mut Command| assert!(words.status().unwrap().success());
    let include = format!("-I{}", env::var("PYTHON_INCLUDE").unwrap());
    let object = format!("{out}/native.o");
    let clang = format!("--target={target}");
    run(Command::new(tool("CC")).args(["-O2", "-fPIC", &clang, &include, "-c", "native.c", "-o", &object]));
    run(Command::new(tool("AR")).args(["crs", &format!("{out}/libnative.a"), &object]));
    println!("cargo:rustc-link-search={out}");
    println!("cargo:rustc-link-lib=static=native");
    println!("cargo:rustc-link-lib=m");
}
"""
LIB_RS = """
use std::ffi::c_void;
extern "C" { fn made_in_c() -> *mut c_void; }
#[no_mangle]
pub extern "C" fn PyInit__native() -> *mut c_void { unsafe { made_in_c() } }
"""
MATURIN = """
[tool.maturin]
module-name = "demo._native"
features = ["pyo3/abi3-py310"]
"""
PYO3 = """
use pyo3::prelude::*;
#[pyfunction]
fn root(number: f64) -> f64 { number.powf(0.5) }
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> { module.add_function(wrap_pyfunction!(root, module)?) }
"""
CRATE = '[package]\nname = "native"\nversion = "0.1.0"\nedition = "2021"\n[lib]\ncrate-type = ["cdylib"]\n'


def _project(folder: Path, requires: str, backend: str, files: dict[str, str], *, pair: str = RUNNING) -> Path:
    pyproject = HEAD.format(requires=requires, backend=backend, pair=pair) + files.pop("pyproject.toml", "")
    for name, text in {"pyproject.toml": pyproject, "demo/__init__.py": "", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def setuptools(folder: Path) -> Path:
    """Write a project whose setup.py names an Extension."""
    return _project(folder, '"setuptools"', "setuptools.build_meta", {"native.c": C, "setup.py": SETUP})


def scikit_build_core(folder: Path) -> Path:
    """Write a project that CMake builds."""
    return _project(folder, '"scikit-build-core"', "scikit_build_core.build", {"native.c": C, "CMakeLists.txt": CMAKE})


def meson_python(folder: Path) -> Path:
    """Write a project that meson builds, for whose sdist it must be committed to git."""
    return _project(folder, '"meson-python", "ninja"', "mesonpy", {"native.c": C, "meson.build": MESON})


def setuptools_rust(folder: Path) -> Path:
    """Write a project of a Rust crate that links a C library."""
    files = {
        "native.c": C.replace("PyMODINIT_FUNC PyInit__native", "PyObject *made_in_c"),
        "build.rs": BUILD_RS,
        "src/lib.rs": LIB_RS,
        "Cargo.toml": CRATE,
        "Cargo.lock": 'version = 3\n[[package]]\nname = "native"\nversion = "0.1.0"\n',
        "MANIFEST.in": "include native.c build.rs Cargo.toml Cargo.lock\nrecursive-include src *.rs\n",
        "pyproject.toml": SETUPTOOLS_RUST,
    }
    return _project(folder, '"setuptools", "setuptools-rust"', "setuptools.build_meta", files)


def maturin(folder: Path) -> Path:
    """Write a project that uses PyO3, one wheel for every Python since 3.10."""
    cargo = f'{CRATE}[dependencies]\npyo3 = "0.29"\n'.replace('name = "native"', 'name = "demo"')
    files = {"src/lib.rs": PYO3, "Cargo.toml": cargo, "pyproject.toml": MATURIN}
    return _project(folder, '"maturin>=1.9"', "maturin", files, pair="cp310-abi3")
