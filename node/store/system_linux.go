package store

import (
	"os"
	"syscall"
)

// syncData is fdatasync.
func syncData(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if err != syscall.EINTR {
			return err
		}
	}
}

// writeOut hands a part of a file to the disk and waits until the disk has it; it promises nothing about a power cut.
func writeOut(f *os.File, at, n int64) error {
	const waitBefore, write, waitAfter = 1, 2, 4
	return syscall.SyncFileRange(int(f.Fd()), at, n, waitBefore|write|waitAfter)
}

func freeSpace(dir string) (free, total uint64, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, 0, err
	}
	return st.Bavail * uint64(st.Bsize), st.Blocks * uint64(st.Bsize), nil
}

// lockFile takes the file for this process alone, without waiting.
func lockFile(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == syscall.EWOULDBLOCK {
		return ErrLocked
	}
	return err
}
