/* What the compiler was told and what the loader found: CPU, glibc floor, running glibc.
 * Limited API only, so one build serves CPython 3.10 and every later one. */
#define Py_LIMITED_API 0x030A0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <gnu/libc-version.h>

#if defined(__x86_64__)
#define CPU "x86_64"
#elif defined(__aarch64__)
#define CPU "aarch64"
#elif defined(__i386__)
#define CPU "i686"
#elif defined(__arm__)
#define CPU "arm"
#elif defined(__powerpc64__)
#define CPU "ppc64"
#elif defined(__s390x__)
#define CPU "s390x"
#elif defined(__riscv)
#define CPU "riscv"
#elif defined(__loongarch__)
#define CPU "loongarch"
#else
#error "a CPU this package has no name for"
#endif

static PyObject *facts(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    PyObject *floor = PyUnicode_FromFormat("%d.%d", __GLIBC__, __GLIBC_MINOR__);
    return Py_BuildValue("(sNs)", CPU, floor, gnu_get_libc_version());
}

static PyMethodDef methods[] = {
    {"facts", facts, METH_NOARGS, "Return the CPU and the glibc compiled for, and the glibc running."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_machine", .m_size = 0, .m_methods = methods};

PyMODINIT_FUNC PyInit__machine(void)
{
    return PyModuleDef_Init(&definition);
}
