"""Lets timm be imported without torchvision, whose wheel does not fit the CPU build of torch.

timm uses torchvision for image preparation and a few optional layers, none of which a vision transformer needs: every
attribute that is asked for is there, and using one raises an error.
"""

import importlib.abc
import importlib.machinery
import sys
import types


class _Absent:
    def __init__(self, *arguments, **options):
        raise RuntimeError("torchvision is not installed; only the vision transformers of timm work here")


class _Module(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "InterpolationMode":
            import enum

            return enum.Enum(
                "InterpolationMode",
                {n.upper(): n for n in ["nearest", "bilinear", "bicubic", "box", "hamming", "lanczos"]},
            )
        return type(name, (_Absent,), {})


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name == "torchvision" or name.startswith("torchvision."):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return _Module(spec.name)

    def exec_module(self, module):
        module.__version__ = "0"


def install():
    """Makes `import torchvision` succeed from now on. Call it after importing transformers, which looks for the real one."""
    sys.meta_path.insert(0, _Finder())
