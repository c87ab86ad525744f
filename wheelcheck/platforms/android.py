"""What an Android tag lets a wheel expect of a device: the public libraries of the NDK, by API level.

Since API level 24 the dynamic linker shows an app no other library of the system.

Source: https://developer.android.com/ndk/guides/stable_apis; PEP 738 for the tags.
"""

from __future__ import annotations

# name -> the first API level that has it
_SINCE = {
    **dict.fromkeys(("libc.so", "libm.so", "libdl.so", "libstdc++.so", "liblog.so", "libz.so", "libandroid.so"), 1),
    **dict.fromkeys(("libEGL.so", "libGLESv1_CM.so", "libGLESv2.so", "libGLESv3.so", "libjnigraphics.so"), 1),
    **dict.fromkeys(("libOpenSLES.so", "libOpenMAXAL.so", "libmediandk.so"), 21),
    **dict.fromkeys(("libcamera2ndk.so", "libvulkan.so", "libRS.so"), 24),
    **dict.fromkeys(("libaaudio.so", "libnativewindow.so", "libsync.so"), 26),
    "libneuralnetworks.so": 27,
    **dict.fromkeys(("libamidi.so", "libbinder_ndk.so"), 29),
    **dict.fromkeys(("libicu.so", "libnativehelper.so"), 31),
}


def ndk_libraries(api: int) -> frozenset[str]:
    """Return the names of the libraries that every device of this API level has for an app."""
    return frozenset(name for name, since in _SINCE.items() if since <= api)
