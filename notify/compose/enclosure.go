package compose

import "qixian/notify"

// Enclosures returns what the units of a letter to the office should have had, a letter each in the order of the items,
// for the office to pass on. Whatever is passed on goes through many hands: such a letter carries no code and no link.
// What the office has in copy was sent to its unit, and is not passed on.
func Enclosures(l Letter) []Letter {
	if l.Kind == notify.Request {
		return nil
	}
	var all []Letter
	at := map[string]int{}
	for _, it := range l.Items {
		if it.For == "" || it.Copy {
			continue
		}
		i, known := at[it.For]
		if !known {
			i = len(all)
			at[it.For] = i
			all = append(
				all,
				Letter{
					Kind:    notify.Correction,
					Unit:    it.For,
					Office:  l.Office,
					Contact: l.Contact,
					At:      l.At,
					ByHand:  true,
				},
			)
		}
		it.For = ""
		all[i].Items = append(all[i].Items, it)
		if it.Moved == nil {
			all[i].Kind = notify.Digest
		}
	}
	return all
}

// withoutPower is l without what lets its holder answer for the unit, if it is to be passed on.
func withoutPower(l Letter) Letter {
	if !l.ByHand {
		return l
	}
	l.ReplyCode, l.Window, l.Enclosed = "", Window{}, nil
	for i := range l.Items {
		l.Items[i].ActionURL = ""
	}
	return l
}
