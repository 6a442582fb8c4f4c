# For the scripts in the folders beside it, which source it.
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

earlybird() {
  "${EARLYBIRD:-$root/earlybird}" "$@"
}

# Finds the ticket that a search drew: sets `ticket`, its file, `number`, the N of its name EB-P-N,
# and `tag`, which names what is made of it (EB-30-35: 3035_0.3).
# drawn FOLDER RATIO NUMBER: the number is the original's, where nothing is drawn yet.
drawn() {
  local digits=${2#0.} percent file
  while ((${#digits} < 2)); do digits+=0; done
  percent=$((10#${digits:0:2}))
  ((${#digits} == 2)) || percent+=.${digits:2}
  number=$3
  for file in "$1/EB-$percent-"*.pth.tar; do
    [[ ! -e $file ]] || { number=${file##*-} && number=${number%.pth.tar}; }
  done
  ticket=$1/EB-$percent-$number.pth.tar
  tag=$percent$(printf '%02d' "$number")_$2
}
