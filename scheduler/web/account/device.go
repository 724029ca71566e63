package account

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// DeviceFor is how long a browser by which somebody has signed in is known.
const DeviceFor = 180 * 24 * time.Hour

const (
	deviceID  = 16 // bytes
	deviceEnd = 8  // the moment until which it is known, in seconds since 1970
)

var deviceEncoding = base64.RawURLEncoding.Strict()

// newDevice returns what is left in a browser: an id, an end, and a code over both, the name and its hash. It lets
// nobody in: all it gives is that guesses made elsewhere do not keep it out. A new password, as a new signing key,
// makes all of a name worthless. The caller holds mu.
func (b *Book) newDevice(name string) string {
	raw := make([]byte, deviceID, deviceID+deviceEnd+sha256.Size)
	_, _ = rand.Read(raw) // never fails
	raw = binary.BigEndian.AppendUint64(raw, uint64(max(0, b.clock().Add(DeviceFor).Unix())))
	return deviceEncoding.EncodeToString(append(raw, b.deviceCode(name, raw)...))
}

// readDevice returns the id of a device that is known for a name. The caller holds mu.
func (b *Book) readDevice(name, text string) (id string, ok bool) {
	raw, err := deviceEncoding.DecodeString(text)
	if err != nil || len(raw) != deviceID+deviceEnd+sha256.Size {
		return "", false
	}
	raw, code := raw[:deviceID+deviceEnd], raw[deviceID+deviceEnd:]
	if !hmac.Equal(code, b.deviceCode(name, raw)) {
		return "", false
	}
	end := int64(binary.BigEndian.Uint64(raw[deviceID:])) //nolint:gosec // G115: we have written it
	return string(raw[:deviceID]), b.clock().Unix() < end
}

func (b *Book) deviceCode(name string, raw []byte) []byte {
	h := hmac.New(sha256.New, b.devices)
	h.Write([]byte(b.accounts[name] + "\x00" + name + "\x00"))
	h.Write(raw)
	return h.Sum(nil)
}
