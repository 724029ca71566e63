package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// network is what one client has of IPv6: whoever has an address there has as many as he wants.
const network = 64

// client returns who asks: the host at the other end of the connection, or where that is a proxy that is trusted the
// rightmost address of X-Forwarded-For that is none. What stands to the left of that has been written by whoever asks.
func (w *window) client(r *http.Request) netip.Addr {
	var asks netip.Addr
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		asks = plain(at.Addr())
	}
	said := r.Header.Values("X-Forwarded-For")
	if len(said) == 0 && w.secure() && w.trusts(asks) { // nobody but a proxy reaches us by https
		w.silent.Do(func() {
			w.Logger.Warn(
				"the proxy does not say for whom it asks: all visitors count as one; have it set X-Forwarded-For",
				"proxy",
				asks.String(),
			)
		})
	}
	hops := strings.Split(strings.Join(said, ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !w.trusts(asks) {
			break
		}
		next, ok := readHop(strings.TrimSpace(hop))
		if !ok {
			break
		}
		asks = next
	}
	if asks.Is6() {
		if p, err := asks.Prefix(network); err == nil {
			asks = p.Addr()
		}
	}
	return asks
}

func (w *window) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(w.Proxies(), func(p netip.Prefix) bool { return p.Contains(a) })
}

// readHop reads an address, as proxies write it: with a port or without.
func readHop(text string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return plain(a), true
	}
	at, err := netip.ParseAddrPort(text)
	return plain(at.Addr()), err == nil
}

// plain has one form for each host.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
