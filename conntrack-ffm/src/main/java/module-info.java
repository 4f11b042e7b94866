/** Everything that is C: the netlink sockets of connection tracking, decoded into flow records. */
module io.conntrack.ffm {
  exports io.conntrack.ffm;
}
