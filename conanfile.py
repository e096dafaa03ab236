"""A Conan 2 recipe for the library alone: `conan create .`. Written from Conan's documentation and
not tried yet: nobody has run it."""

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout


class Weir(ConanFile):
    name = "weir"
    version = "0.1.0"
    license = "Apache-2.0"
    description = "Circuit breaker, retry, timeout, fallback and more, composed in one pipeline, for C++20"
    settings = "os", "compiler", "build_type", "arch"
    options = {"fPIC": [True, False]}
    default_options = {"fPIC": True}
    exports_sources = "CMakeLists.txt", "cmake/*", "include/*", "src/CMakeLists.txt", "src/base/*", "src/resilience/*", "LICENSE"

    def validate(self):
        check_min_cppstd(self, 20)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["WEIR_GATEWAY"] = False
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()

    def package_info(self):
        self.cpp_info.libs = ["weir"]
        self.cpp_info.set_property("cmake_target_name", "weir::resilience")
        self.cpp_info.set_property("pkg_config_name", "weir")
        if self.settings.os == "Linux":
            self.cpp_info.system_libs = ["pthread"]
