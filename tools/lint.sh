#!/bin/sh
# make lint: format, warnings of both compilers, cppcheck, headers, layers.
set -eu
cd "$(dirname "$0")/.."

# Files of the project, whether git knows them already or not.
files() {
    git ls-files -co --exclude-standard "$@" | sort
}

echo "format"
files "*.c" "*.h" | xargs clang-format --dry-run --Werror

flags="-std=gnu17 -D_GNU_SOURCE -Iinclude -Isrc -Wall -Wextra -Wpedantic
    -Wshadow -Wconversion -Werror -O2"
vector="-mavx2 -mbmi -mbmi2 -mavx512f -mavx512bw -mavx512vl -mavx512dq
    -mavx512vbmi"
mkdir -p build/lint
for compiler in gcc clang; do
    echo "warnings of $compiler"
    # shellcheck disable=SC2086
    files 'src/*.c' 'fuzz/*.c' 'bench/ladder/*.c' 'bench/storage/*.c' 'bench/load/*.c' | xargs -P "$(nproc)" -I{} sh -c '
        extra=
        case {} in *avx*) extra="'"$(echo $vector)"'";; esac
        '"$compiler $(echo $flags)"' $extra -c {} \
            -o build/lint/'"$compiler"'-$(basename {}).o'
done

echo "warnings of clang for ARM"
# shellcheck disable=SC2086
clang --target=aarch64-linux-gnu -ffreestanding \
    -isystem /usr/aarch64-linux-gnu/include $flags -fsyntax-only \
    src/simd/kernels_neon.c

echo "headers compile alone"
# shellcheck disable=SC2086
files 'src/*.h' 'include/*.h' 'bench/ladder/*.h' | xargs -P "$(nproc)" -I{} \
    gcc $flags -Wno-unused -x c -fsyntax-only {}
for header in $(files 'include/*.h'); do
    echo "#include \"${header#include/}\"" |
        g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -Iinclude \
            -fsyntax-only -x c++ -
done

echo "cppcheck"
cppcheck --quiet --std=c11 --language=c --inline-suppr --error-exitcode=1 \
    --enable=warning,performance,portability -j "$(nproc)" \
    --suppress=missingIncludeSystem \
    -D__x86_64__ -Iinclude -Isrc src bench/ladder bench/storage bench/load

echo "layers"
ninja -C build/release --quiet
python3 tools/check_layers.py
echo "lint: all is well"
