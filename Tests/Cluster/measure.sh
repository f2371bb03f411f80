#!/usr/bin/env bash
# Compares what `mae pretrain --plan --processes` says of adding up gradients with steps whose computing is a sleep.
#
#   Tests/Cluster/measure.sh              2 to 8 processes on this machine
#   Tests/Cluster/measure.sh --network    two hosts that are network namespaces, joined by 1 Gb, 1 ms and frames of 9,000 bytes (as
#                                         root; iproute2)
#
# On one machine bandwidth is measured with two processes, and the other numbers follow from it. Each line has the processes, the
# seconds measured and predicted, and their ratio. On a machine that has other things to do: chrt -f 1 Tests/Cluster/measure.sh
set -euo pipefail

case ${1:-} in
  -h | --help)
    sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 0
    ;;
esac

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1
mpicc -O2 -DMAE_MPI -I"$root/Sources/CMPI/include" "$root/Sources/CMPI/cmpi.c" "$root/Tests/Cluster/step.c" -o "$folder/step"

sleep_ms=200 values=4000000 steps=5

# predicted PROCESSES BANDWIDTH LATENCY: seconds of a step by Network.secondsToSum
predicted() {
  awk -v n="$1" -v bandwidth="$2" -v latency="$3" -v count=$values -v ms=$sleep_ms 'BEGIN {
    slice = n * 16384 > 1048576 ? n * 16384 : 1048576
    slices = int((count + slice - 1) / slice)
    print ms / 1000 + slices * 2 * (n - 1) * latency + 2 * (n - 1) / n * 4 * count / bandwidth
  }'
}
say() { awk -v n="$1" -v seconds="$2" -v expected="$3" 'BEGIN { printf "%d processes: %.4f s, predicted %.4f s: %.3f\n", n, seconds, expected, expected / seconds }'; }

if [[ ${1:-} == --network ]]; then
  rate=1e9 delay=1e-3
  clean() {
    [[ -z ${wire:-} ]] || kill "$wire" 2>/dev/null || true
    for name in 1 2; do ip netns del mae$name 2>/dev/null || true; done
    rm -rf "$folder"
  }
  trap clean EXIT
  for name in 1 2; do
    ip netns add mae$name
    ip -n mae$name link set lo up
  done
  ip link add mae-wire netns mae1 type veth peer name mae-wire netns mae2
  for name in 1 2; do
    ip netns exec mae$name tc qdisc add dev mae-wire root netem rate 1gbit delay 1ms limit 10000 2>/dev/null || wire=1
  done
  if [[ -n ${wire:-} ]]; then
    # Without netem a program of our own delays frames, and the kernel limits their rate.
    ip -n mae1 link del mae-wire
    cc -O2 "$root/Tests/Cluster/wire.c" -o "$folder/wire" -lpthread
    "$folder/wire" 1000 mae1 mae2 &
    wire=$!
    until ip -n mae2 link show mae-wire >/dev/null 2>&1; do sleep 0.1; done
    for name in 1 2; do ip netns exec mae$name tc qdisc add dev mae-wire root tbf rate 1gbit burst 256kb latency 50ms; done
  fi
  for name in 1 2; do
    ip -n mae$name addr add 10.77.0.$name/24 dev mae-wire
    ip -n mae$name link set mae-wire up mtu 9000
  done
  # What mpirun takes for a remote shell: it enters the namespace of a host, with a name of its own.
  cat >"$folder/agent" <<'AGENT'
#!/usr/bin/env bash
host=$1
shift
exec ip netns exec "mae${host##*.}" unshare --uts bash -c 'hostname "mae$0"; eval "$@"' "${host##*.}" "$@"
AGENT
  chmod +x "$folder/agent"
  read -r count seconds _ < <(
    ip netns exec mae1 unshare --uts bash -c 'hostname mae1; exec "$@"' bash \
      mpirun -np 2 --host 10.77.0.1:1,10.77.0.2:1 --map-by node --mca plm_rsh_agent "$folder/agent" --mca btl tcp,self \
      --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 \
      "$folder/step" $sleep_ms $values $steps
  )
  say "$count" "$seconds" "$(predicted 2 "$(awk -v r=$rate 'BEGIN { print r / 8 * 8948 / 9038 }')" $delay)"
  exit 0
fi

read -r _ _ summing < <(mpirun -np 2 "$folder/step" $sleep_ms $values $steps)
# All processes share one memory, so each has a share of what two have.
bandwidth=$(awk -v s="$summing" -v count=$values 'BEGIN { print 4 * count / s }')
for processes in 2 3 4 6 8; do
  read -r count seconds _ < <(mpirun -np $processes "$folder/step" $sleep_ms $values $steps)
  say "$count" "$seconds" "$(predicted "$processes" "$(awk -v b="$bandwidth" -v n="$processes" 'BEGIN { print b * 2 / n }')" 20e-6)"
done
