/**
 * The scripts ask `cpmft complete -- WORD…` at every Tab. Addresses hold colons, where bash splits words unless told otherwise:
 * it gets the candidates without what stands before the last break.
 */
export const COMPLETION_SCRIPTS = {
  bash: `# cpmft completion for bash: source <(cpmft completion bash)
_cpmft() {
  local line=\${COMP_LINE:0:COMP_POINT} current words candidate broken
  current=\${line##*[[:space:]]}
  read -ra words <<< "$line"
  [[ -z $current ]] && words+=("")
  broken=\${current%"\${current##*[:=]}"}
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    case $candidate in
      :file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"); return ;;
      :folder) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "\${COMP_WORDS[COMP_CWORD]}"); return ;;
      *) COMPREPLY+=("\${candidate#"$broken"}") ;;
    esac
  done < <("\${COMP_WORDS[0]}" complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _cpmft cpmft
`,
  zsh: `#compdef cpmft
# cpmft completion for zsh: source <(cpmft completion zsh), after compinit
_cpmft() {
  local line
  local -a candidates
  for line in "\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :file) _files; return ;;
      :folder) _files -/; return ;;
      ?*) candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  (( \${#candidates} )) && _describe -V cpmft candidates
}
compdef _cpmft cpmft
`,
  fish: `# cpmft completion for fish: cpmft completion fish | source
function __cpmft_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found (command $words[1] complete -- $words[2..-1] 2>/dev/null)
  switch "$found[1]"
    case ':file'
      __fish_complete_path (commandline -ct)
    case ':folder'
      __fish_complete_directories (commandline -ct)
    case '*'
      string join \\n -- $found
  end
end
complete -c cpmft -f -a '(__cpmft_complete)'
`,
} as const

export type Shell = keyof typeof COMPLETION_SCRIPTS
