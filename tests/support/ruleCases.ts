/** Commands about rules and tables of routes, for networkTools.ts. */
export const RULE_CASES: Readonly<Record<string, readonly string[]>> = {
  'rules and tables': [
    'ip rule; ip rule list; ip -4 rule show; ip -d rule; ip -j rule; ip -j -d rule; ip -j -p rule; ip rule list table main; ip rule show table 255; ip rule list table 99; ip rule foo',
    'ip rule list table nosuch; ip rule list table',
    'ip link set lo up; ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up; sleep 0.1; ip addr add 10.0.0.1/24 dev v0; ip route add default via 10.0.0.9',
    'ip route show table all; ip -j route show table all; ip route show table local; ip route show table 254; ip route show table 0 dev lo; ip route show table default; ip route show table 77; ip route show table nosuch',
  ],
};
