/** Everything that is C: the netlink sockets of connection tracking, decoded into flow records. */
module io.conntrack.ffm {
  exports io.conntrack.ffm.message;
  exports io.conntrack.ffm.request;
  exports io.conntrack.ffm.socket;
  exports io.conntrack.ffm.system;
}
