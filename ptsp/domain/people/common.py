"""Passwords that everybody tries first: of 12 characters or more, since shorter ones are refused anyhow.

They are compared in small letters, without what is no letter or digit. A word of `WORDS` alone, doubled, or with digits
around it is as bad as the word.
"""

_COMMON = (
    "123456789012 1234567890123 12345678901234 123456789123 1234567891011 123456123456 123123123123 112233445566",
    "098765432109 987654321098 121212121212 131313131313 147258369147 123321123321 password1234 passwordpassword",
    "password12345 password123456 qwertyuiop12 qwertyuiop123 qwertyuiopas qwertyqwerty qwerty123456 qwerty1234567",
    "1q2w3e4r5t6y 1qaz2wsx3edc 1qaz2wsx3edc4rfv q1w2e3r4t5y6 qazwsxedcrfv asdfghjkl123 asdfghjklasdf zxcvbnm12345",
    "abcdefghijkl abcdefgh1234 abcd12345678 abc123abc123 aaaaaaaaaaaa iloveyou1234 iloveyouiloveyou letmeinletmein",
    "administrator adminadminadmin admin1234567 admin12345678 welcome12345 changeme1234 changemechangeme",
    "trustno1trustno1 superman1234 footballfootball princess1234 sunshine1234 indonesia1945 indonesiaraya",
    "bismillah123 bismillah1234 sayangkamu123 katasandi123 katasandi1234 rahasia12345 rahasiarahasia terserahkamu",
    "garudapancasila pelayananpublik pelayananterpadu satupintu1234 dpmptsp12345",
)
_WORDS = (
    "password passwort katasandi sandi rahasia admin administrator qwerty qwertyuiop asdfgh asdfghjkl zxcvbnm abc",
    "abcd iloveyou welcome letmein changeme indonesia merdeka bismillah alhamdulillah sayang cinta garuda pancasila",
    "dpmptsp ptsp perizinan pelayanan kantor petugas loket dinas user login test coba selamat semangat",
)
COMMON = frozenset(one for line in _COMMON for one in line.split())
WORDS = frozenset(one for line in _WORDS for one in line.split())
