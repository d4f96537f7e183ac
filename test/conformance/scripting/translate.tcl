# Purpose: rewrites a test file of Redis's suite, in the runner's working copy, so that its scripts
# are JavaScript: tclsh translate.tcl TABLE FILE.
#
# A table is a row of changes, each a block of lines; an empty line ends one, # begins a comment:
#
#   @ NAME       what follows concerns the test of this name only (several: each of them);
#                without such a line, the whole file
#   - TEXT       what stands there, indented in any way: a part of a line, or lines
#   + TEXT       what is to stand there instead
#   ~ REGEXP     instead of -: every match, in Tcl's notation; + is then as in regsub
#
# A change that finds nothing is an error: the table fits one version of the suite. When all changes
# concern single tests, the names of these are written to standard output.

lassign $argv table file

proc contents {path} {
    set f [open $path]; fconfigure $f -encoding utf-8
    set text [read $f]; close $f
    return $text
}

# Where tests of a name begin and end: up to the next test.
proc scopes {text name} {
    set quoted [regsub -all {[][*+?{}()<>|.^$\\]} $name {\\&}]
    set places {}
    foreach place [regexp -all -inline -indices -line "^\\s*test (\\{$quoted\\}|\"$quoted\") " $text] {
        lassign $place from to
        if {![regexp {^\s*test } [string range $text $from $to]]} continue
        if {![regexp -indices -line -start $to {^\s*test ["\{]} $text next]} {
            set next [string length $text]
        }
        lappend places [list $from [expr {[lindex $next 0] - 1}]]
    }
    return $places
}

# Lines as a pattern that does not mind how they are indented.
proc pattern {lines} {
    set quoted {}
    foreach line $lines {
        lappend quoted [regsub -all {[][*+?{}()<>|.^$\\]} [string trim $line] {\\&}]
    }
    return [join $quoted {\s*?\n\s*}]
}

proc change {text pattern new} {
    set count [regsub -all -lineanchor -- $pattern $text $new text]
    return [list $count $text]
}

proc apply_block {text names old regexp new} {
    if {$regexp eq {}} {
        set regexp [pattern $old]
        set new [string map {\\ \\\\ & \\&} [join $new \n]]
    } else {
        set new [join $new \n]
    }
    if {![llength $names]} {
        lassign [change $text $regexp $new] count text
        if {$count == 0} {error "nothing matches: $regexp"}
        return $text
    }
    foreach name $names {
        set places [scopes $text $name]
        if {![llength $places]} {error "no test is named $name"}
        set total 0
        foreach place [lreverse $places] {
            lassign $place from to
            lassign [change [string range $text $from $to] $regexp $new] count part
            incr total $count
            set text [string replace $text $from $to $part]
        }
        if {$total == 0} {error "nothing in \"$name\" matches: $regexp"}
    }
    return $text
}

set text [contents $file]
set names {}; set old {}; set new {}; set regexp {}; set number 0; set inNames 0
set told {}; set isWhole 0
proc finish {} {
    upvar text text names names old old new new regexp regexp number number
    if {![llength $old] && $regexp eq {}} return
    if {[catch {set text [apply_block $text $names $old $regexp $new]} why]} {
        puts stderr "$::table:$number: $why"
        exit 1
    }
    if {![llength $names]} {set ::isWhole 1}
    foreach name $names {if {$name ni $::told} {lappend ::told $name}}
    set old {}; set new {}; set regexp {}
}
foreach line [split [contents $table] \n] {
    incr number
    set rest [string range $line 2 end]
    switch -- [string index $line 0] {
        @ {
            finish
            if {!$inNames} {set names {}}
            lappend names $rest
            set inNames 1
        }
        - {if {[llength $new]} finish; lappend old $rest; set inNames 0}
        ~ {finish; set regexp $rest; set inNames 0}
        + {lappend new $rest}
        "#" {}
        "" {finish; if {!$inNames} {set names {}}}
        default {puts stderr "$table:$number: what is this?"; exit 1}
    }
}
finish
set f [open $file w]; fconfigure $f -encoding utf-8
puts -nonewline $f $text; close $f
if {!$isWhole} {puts [join $told \n]}
