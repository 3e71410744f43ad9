"""Lines of a job's output that show why it failed: pattern -> sentence and cure. Pure.

The order is the order of search: what causes other messages comes before them. Each program's words
are its own: the dynamic loader's (ld.so(8)), bash's and dash's, the kernel's (errno(3)), Slurm's,
Apptainer's and the registry's (OCI distribution specification), CUDA's, MPI's, Python's.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """One kind of failure. ``{what}`` in the sentence is what the pattern's first group found.

    ``first``: the first such line is the cause, and others follow from it; else the last one.
    ``in_traceback``: only the line that ends a Python traceback is looked at.
    """

    pattern: str
    sentence: str
    cure: str
    first: bool = False
    in_traceback: bool = False

    def search(self, line: str) -> re.Match[str] | None:
        """The match in that line, or ``None``."""
        return re.search(self.pattern, line)


_STORAGE = (
    Cause(
        r"Disk quota exceeded",
        "A file could not be written because a disk quota is used up.",
        "Delete or move files (quota -s shows how much is used), or write to another file system.",
        first=True,
    ),
    Cause(
        r"No space left on device|ENOSPC",
        "A file could not be written because its file system is full.",
        "Free space there (df -h), or write to another file system; /tmp and /dev/shm are small on "
        "many nodes.",
        first=True,
    ),
    Cause(
        r"Read-only file system",
        "A file could not be written because its file system is read-only.",
        "Write to the scratch directory, or give the container an overlay or a bind.",
        first=True,
    ),
    Cause(
        r"Stale file handle|Transport endpoint is not connected|Input/output error",
        "A file system failed while the job used it.",
        "Report it to the operator, with the node's name, and submit the job again.",
    ),
)
_MEMORY = (
    Cause(
        r"(?i)CUDA[^\n]{0,40}out of memory|CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation|"
        r"HIP out of memory",
        "The GPU's memory was used up.",
        "Use a smaller batch or model, or a GPU with more memory.",
    ),
    Cause(
        r"(?i)\boom[-_ ]kill|Out Of Memory|Exceeded (?:job|step) memory limit|"
        r"exceeded memory limit|Memory cgroup out of memory",
        "The kernel or Slurm killed a process because the job used more memory than it asked for.",
        "Ask for more memory (--mem), or let the job use less.",
    ),
    Cause(
        r"MemoryError|std::bad_alloc|java\.lang\.OutOfMemoryError|[Cc]annot allocate memory",
        "A program got no more memory.",
        "Ask for more memory (--mem), or let the job use less.",
    ),
)
_IMAGE = (
    Cause(
        r"toomanyrequests|pull rate limit|429 \(Too Many Requests\)|registry[^\n]*429",
        "The image was not pulled: the registry limits how often it may be pulled.",
        "Set credentials for the registry, use a mirror, or pull the image once into a .sif file.",
        first=True,
    ),
    Cause(
        r"(?i)(?:FATAL:|image|registry|docker)[^\n]*(?:unauthorized|authentication required|"
        r"access to the resource is denied|invalid username/password)",
        "The image was not pulled: the registry refused the credentials, or there were none.",
        "Check the registry's user name and password, and the image's name.",
        first=True,
    ),
    Cause(
        r"(?i)manifest unknown|name unknown|repository (?:name )?not (?:known|found)|"
        r"no image found in image index|manifest for \S+ not found",
        "The image was not pulled: the registry has no image of that name and tag for this kind of "
        "machine.",
        "Check the image's name, tag and architecture.",
        first=True,
    ),
    Cause(
        r"(?i)FATAL:[^\n]*(?:pinging container registry|dial tcp|no such host|i/o timeout|"
        r"connection refused|x509|server gave HTTP response)",
        "The image was not pulled: the node does not reach the registry.",
        "Check the registry's address and the node's proxy settings, or use a .sif file.",
        first=True,
    ),
    Cause(
        r"FATAL:\s+(?:could not open image|[^\n]*image[^\n]*no such file|"
        r"[^\n]*failed to retrieve path for)",
        "The container's image file was not found on the node.",
        "Check the image's path: it must lie on a file system that the compute nodes see.",
        first=True,
    ),
    Cause(
        r"FATAL:\s+(?:container creation failed|while (?:loading|mounting)|[^\n]*mount)",
        "The container could not be set up on the node.",
        "Check its binds and overlay; if they are right, report the line to the operator.",
        first=True,
    ),
    Cause(
        r"^FATAL: {3}\S",
        "The container runtime ended with an error.",
        "Read the line: it is the runtime's own.",
        first=True,
    ),
)
_START = (
    Cause(
        r"error while loading shared libraries: ([^:]{1,100}):",
        "A program needs the shared library {what}, which was not found.",
        "Load the module that brings it, or add its directory to LD_LIBRARY_PATH.",
        first=True,
    ),
    Cause(
        r"version [`']([^']{1,60})' not found",
        "A program was built for newer system libraries than the node has ({what}).",
        "Build it on a login node of this cluster, or run it in a container.",
        first=True,
    ),
    Cause(
        r"\^M: bad interpreter|\r: bad interpreter|\\r: command not found|\r: (?:command )?not "
        r"found|"
        r"\$'[^']*\\r'?: command not found|\^M: (?:command )?not found|env: '[^']*\\r'",
        "The script has Windows line ends (CRLF), so that a carriage return is part of a name.",
        "Convert it with dos2unix or sed -i 's/\\r$//', and submit it again.",
        first=True,
    ),
    Cause(
        r"bad interpreter: ([^\n]{1,60})|cannot execute: required file not found",
        "The program that a script's #! line names was not found on the node.",
        "Check the #! line: the path must exist on the compute nodes, and the line must not end in "
        "CRLF.",
        first=True,
    ),
    Cause(
        r"[Ee]xec format error",
        "A program is built for another kind of processor, or a script has no #! line.",
        "Build it for this cluster's processors, or add a #! line.",
        first=True,
    ),
    Cause(
        r"Lmod has detected the following error|The following module\(s\) are unknown|"
        r"Unable to locate a modulefile|ModuleCmd_Load",
        "A module that the script loads does not exist on the cluster.",
        "List what there is with module avail or module spider, and correct the name.",
        first=True,
    ),
    Cause(
        r"(?:(?:^|: )([^\s:][^:]{0,80}): (?:command )?not found\s*$)|"
        r"command not found: (\S{1,80})",
        "The command {what} was not found on the node.",
        "Check its spelling and PATH, and load the module that brings it.",
        first=True,
    ),
    Cause(
        r"execve\(\): ([^:]{1,80}): No such file or directory",
        "srun did not find the program {what} on the node.",
        "Check its path and PATH; the file must lie on a file system that the compute nodes see.",
        first=True,
    ),
    Cause(
        r"(?:^|: )([^\s:][^:]{0,120}): Permission denied|Permission denied: '([^']+)'",
        "A file may not be read, written or executed: {what}.",
        "Check who owns the file and its directories (ls -l); chmod +x makes a script executable.",
        first=True,
    ),
)
_RUN = (
    Cause(
        r"DUE TO (TIME LIMIT|PREEMPTION|NODE FAILURE|JOB REQUEUE)",
        "Slurm ended it: {what}.",
        "See the job's state for the figures.",
    ),
    Cause(
        r"MPI_ABORT was invoked|application called MPI_Abort|MPI_Abort\(|Aborting MPI|"
        r"PMIx? (?:abort|error)|mpirun (?:noticed|detected) that",
        "The MPI program aborted on one of its ranks.",
        "Look above this line for the first rank's own message.",
    ),
    Cause(
        r": Killed\s*$|^Killed\s*$|\d Killed\b",
        "A process was killed from outside, mostly for using more memory than the job had.",
        "Compare the memory that the job used with what it asked for, and ask for more (--mem).",
    ),
    Cause(
        r"(?i)segmentation fault|segfault at|SIGSEGV",
        "A program reached memory that is not its own (segmentation fault).",
        "Run it under a debugger or with a smaller input; check its stack limit (ulimit -s).",
    ),
    Cause(
        r"Illegal instruction",
        "A program used an instruction that the node's processor does not have.",
        "Build it for the oldest processor among the nodes, or choose nodes (--constraint).",
    ),
    Cause(
        r"Bus error",
        "A program reached memory that is not there, often a full /dev/shm or a file that shrank.",
        "Check the free space of /dev/shm and of the file system.",
    ),
    Cause(
        r"(?:ModuleNotFoundError|ImportError): ([^\n]{1,100})",
        "A Python program did not find a module: {what}.",
        "Activate the environment that has it, or install it there.",
    ),
    Cause(
        r"FileNotFoundError: [^\n]*'([^']{1,100})'|"
        r"^(?:\S+: )*([^\s:][^:]{0,100}): No such file or directory\s*$",
        "A file was not found: {what}.",
        "Check the path and the working directory; the file must lie where the compute nodes see "
        "it.",
    ),
    Cause(
        r"^([\w.]{1,100})(?::|\s*$)",
        "A Python program ended with {what}.",
        "Look at the traceback above this line.",
        in_traceback=True,
    ),
    Cause(
        r"^([A-Za-z_][\w.]{0,80}(?:Error|Exception|Interrupt|Exit|Warning))(?::|\s*$)",
        "A Python program ended with {what}.",
        "Look at the traceback above this line.",
    ),
    Cause(
        r"srun: error: ([^\n]{1,100})",
        "A job step failed: {what}.",
        "Look above this line for the program's own message.",
        first=True,
    ),
    Cause(
        r"(?:slurmstepd|slurm_load|sbatch|slurmd)[^:]{0,30}: (?:fatal|error): ([^\n]{1,100})",
        "Slurm reports on the node: {what}.",
        "If the script is not the cause, report the line to the operator.",
    ),
)

CAUSES: tuple[Cause, ...] = (*_STORAGE, *_MEMORY, *_IMAGE, *_START, *_RUN)
