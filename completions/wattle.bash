# bash completion for wattle(1).                           -*- shell-script -*-

# Offers the words of $1, its first parameter, that begin with $2.
_wattle_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# The value of an option; fails when the option takes none.
_wattle_value() {
    local option=$1 cur=$2
    case $option in
    --value) _wattle_words "power-w power-kw energy-wh energy-kwh counter-wh counter-kwh" "$cur" ;;
    --sort)
        if [[ ${COMP_WORDS[1]} == query ]]; then
            _wattle_words "energy cost power peak readings" "$cur"
        else
            _wattle_words "energy cost power peak readings gaps" "$cur"
        fi
        ;;
    --tz)
        _wattle_words "UTC $(awk '!/^#/ { print $3 }' \
            "${TZDIR:-/usr/share/zoneinfo}/zone.tab" 2>/dev/null)" "$cur"
        ;;
    --undo) _wattle_words "last" "$cur" ;;
    --interpolation) _wattle_words "linear hold" "$cur" ;;
    --simd) _wattle_words "auto scalar avx2 avx512 neon" "$cur" ;;
    --reader) _wattle_words "auto mmap pread uring" "$cur" ;;
    --fill) _wattle_words "none null zero" "$cur" ;;
    --what)
        _wattle_words "power energy imported returned voltage current power_factor efficiency reading_mean all" \
            "$cur"
        ;;
    --mains) _wattle_words "120 230" "$cur" ;;
    --order) _wattle_words "time device" "$cur" ;;
    --out)
        # a folder for generate, a file for export
        if [[ ${COMP_WORDS[1]} == generate ]]; then
            compopt -o plusdirs 2>/dev/null
            compopt +o default +o bashdefault 2>/dev/null
        fi
        ;;
    --db | --rejects | --salvage | --trace) ;; # a file: readline's own
    --devices)
        # a table for report, a number for generate
        if [[ ${COMP_WORDS[1]} == generate ]]; then
            compopt +o default +o bashdefault 2>/dev/null
        fi
        ;;
    --since | --until | --day | --month | --year | --last | --device | --location | --every | --rate | --return-rate | --budget | --max-gap | --top | --limit | \
        --threads | --block | --files | --readings | --seed | --interval | \
        --start | --dirty | --wait)
        # a number, a time or a pattern: nothing to offer, no files either
        compopt +o default +o bashdefault 2>/dev/null
        ;;
    *) return 1 ;;
    esac
    return 0
}

_wattle() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local options=
    COMPREPLY=()

    # "--option=value" comes as three words.
    if [[ $cur == "=" ]]; then
        cur=
    elif [[ $prev == "=" ]] && ((COMP_CWORD > 2)); then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi

    if ((COMP_CWORD == 1)); then
        _wattle_words "report import query sql export info check
            backup compact forget generate help version --help --version" "$cur"
        return
    fi
    case ${COMP_WORDS[1]} in
    report)
        options="--since --until --day --month --year --last --tz --device
            --location --value --zstd-long --devices --rate --return-rate
            --budget --max-gap --interpolation --json --csv --sort --limit --top --wide --rejects --strict --quiet
            --no-progress --timings --trace --threads --simd --reader --no-cache
            --no-summaries --block --help"
        ;;
    import)
        options="--db --dry-run --wait --value --tz --final --again --zstd-long --devices
            --rejects --strict --quiet --no-progress --timings --trace --threads --simd --reader
            --help"
        ;;
    export) options="--since --until --day --month --year --last --tz --device --out --help" ;;
    info) options="--json --top --help" ;;
    check) options="--salvage --quiet --help" ;;
    backup) options="--help" ;;
    compact) options="--wait --tz --quiet --help" ;;
    forget) options="--device --since --until --day --month --year --last --tz --list --undo --dry-run --wait --quiet --help" ;;
    query)
        options="--device --location --since --until --day --month --year --last --tz --every --total --raw
            --fill --sort --limit --what --rate --return-rate --max-gap --interpolation --json --csv --wide
            --help"
        ;;
    sql)
        options="--json --csv --help"
        ;;
    generate)
        options="--out --force --files --zstd --gzip --quiet --no-progress
            --devices --readings --seed --interval --start --mains --order
            --dirty --threads --trace --help"
        ;;
    help)
        ((COMP_CWORD == 2)) && _wattle_words "report import query sql export info
            check backup compact forget generate" "$cur"
        compopt +o default +o bashdefault 2>/dev/null
        return
        ;;
    *)
        compopt +o default +o bashdefault 2>/dev/null
        return
        ;;
    esac

    if _wattle_value "$prev" "$cur"; then
        return
    fi
    if [[ $cur == -* ]]; then
        _wattle_words "$options" "$cur"
    elif [[ ${COMP_WORDS[1]} == generate ]]; then
        # it takes options only
        _wattle_words "$options" "$cur"
        compopt +o default +o bashdefault 2>/dev/null
    fi
    # else paths of readings: readline's own completion
}

complete -o bashdefault -o default -F _wattle wattle
